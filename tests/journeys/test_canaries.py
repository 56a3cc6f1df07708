"""No secret leaves its place: logs, error pages, mails, ledger, a dump and a backup are searched."""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import httpx
import psycopg
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import override_settings

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.people import User
from glassbox.operations.actions.review import GatesBlocked, approve_action, send_for_review
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.backup import take_base
from glassbox.runtime.postgres import Cluster, ClusterUrls
from glassbox.runtime.sealed_files import make_pair, open_file
from tests.cast import tag
from tests.desk import Desk
from tests.journeys.canaries import dump, files_of, hits
from tests.journeys.story import action_of, draft, person, receive_oil, split
from tests.journeys.sync_story import fault

BIN = Path(sys.executable).parent
WITHIN_SECONDS = 180.0
SEND_FAULTS = ("drop-before", "drop-after", "500-before", "500-after", "400-server", "429", "html")


class Installation:
    """Four processes at DEBUG, each line of theirs kept."""

    def __init__(self, urls: ClusterUrls, desk: Desk, home: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.secrets = {
            "secret key": secrets.token_urlsafe(36),
            "mail password": secrets.token_urlsafe(18),
            "vendor key": desk.keys()["vendorKey"],
        }
        self.logs = home / "logs"
        self.mails = home / "mails"
        for folder in (self.logs, self.mails):
            folder.mkdir()
        self.environment = {
            **os.environ,
            **urls.as_environment(),
            "GLASSBOX_MFA_REQUIRED": "yes",
            "GLASSBOX_METRC_URL": desk.address,
            "GLASSBOX_METRC_VENDOR_KEY": self.secrets["vendor key"],
            "GLASSBOX_SECRET_KEY": self.secrets["secret key"],
            "GLASSBOX_MAIL_FOLDER": str(self.mails),
            "GLASSBOX_MAIL_PASSWORD": self.secrets["mail password"],
            "GLASSBOX_SYNC_EVERY_SECONDS": "2",
            "GLASSBOX_LOG_LEVEL": "DEBUG",
        }
        self.processes = [
            self._start("serve", f"--port={self.port}"),
            *(self._start(name) for name in ("worker", "sequencer", "signer")),
        ]

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{words[0]}.log").open("wb") as out:
            return subprocess.Popen(
                [str(BIN / "glassbox"), *words], env=self.environment, stdout=out, stderr=out
            )

    def client(self) -> httpx.Client:
        """Return a browser of the pages, once they answer."""
        client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        ends = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < ends:
            try:
                if client.get("/health/").status_code == 200:
                    return client
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError(f"No pages: {(self.logs / 'serve.log').read_text()[-2000:]}")

    def close(self) -> None:
        """End every process by its own id."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)


@pytest.fixture
def oil(brand: Brand, desk: Desk) -> list[str]:
    """A package of oil for each send, received and read before anybody else reads METRC."""
    return receive_oil(brand, desk, *([500] * (1 + len(SEND_FAULTS))))


@pytest.fixture
def installation(
    brand: Brand, database: ClusterUrls, desk: Desk, oil: list[str], tmp_path: Path
) -> Iterator[Installation]:
    found = Installation(database, desk, tmp_path)
    yield found
    found.close()


def press(client: httpx.Client, path: str, **typed: str) -> httpx.Response:
    """Post a form as a browser does, with its token. A set-up of an app is opened once: each look
    makes a new secret."""
    if path != "/account/app/":
        client.get(path, follow_redirects=True)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
    return client.post(path, data={**typed, **token}, follow_redirects=True)


def set_up(client: httpx.Client, email: str, password: str) -> dict[str, str]:
    """Sign in, set an app up, sign in the ledger of keys; return every secret that came up."""
    press(client, "/sign-in/", login=email, password=password)
    page = press(client, "/confirm/", password=password, next="/account/app/")
    secret = re.findall(r"<code[^>]*>([A-Z2-7]+)</code>", page.text)[0]
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    shown = press(client, "/account/app/", code=code).text
    assert "<pre" in shown, re.sub(r"<[^>]+>", "", shown)[-1500:]
    codes = re.findall(r"\d{8}", re.findall(r"<pre[^>]*>(.*?)</pre>", shown, re.DOTALL)[0])
    return {"app secret": secret, "recovery code": codes[0]}


def give_password(user_id: int, password: str) -> str:
    """Set a password as production keeps it; return the person's e-mail."""
    user = User.objects.get(id=user_id)
    hashers = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers):
        user.set_password(password)
    user.save(update_fields=["password"])
    return user.email


def act(brand: Brand, desk: Desk, oil: list[str]) -> None:
    """Draft, approve, and let the worker send: once as it should be, and once by each fault."""
    for number, source in enumerate(oil):
        if number:
            fault(desk, "/packages/v2/", SEND_FAULTS[number - 1], method="POST", times=1)
        facts = {"packages": [split(tag(455 + number), source, "5")]}
        action_id = draft(brand, "Ana", MAKER, "package.create", facts)
        # Our book follows METRC's a moment after the read.
        for name, step in (("Ana", send_for_review), ("Ben", approve_action)):
            wait_until(partial(passes, brand, step, name, action_id), f"{name} {number}")
        wait_until(partial(is_sent, brand, action_id), f"send {number}")


def is_sent(brand: Brand, action_id: int) -> bool:
    return action_of(brand, MAKER, action_id).state != ActionState.APPROVED


def passes(brand: Brand, step: Callable[..., None], name: str, action_id: int) -> bool:
    """Move an action one step; return whether its gates let it."""
    try:
        step(
            actor=person(brand, name),
            license_id=brand.licenses[MAKER],
            action_id=action_id,
            now=datetime.now(UTC),
        )
    except GatesBlocked:
        return False
    return True


def backup_of(urls: ClusterUrls, folder: Path) -> dict[str, bytes]:
    """Return a base backup as it lies outside, and opened: dead rows and WAL are in it as well."""
    private, public = make_pair()
    made = take_base(
        urls.backup, folder, public=public, environment="dev", true_now=lambda: datetime.now(UTC)
    )
    opened = BytesIO()
    sealed = made.folder / "base.tar.sealed"
    open_file(sealed, opened, called=f"base/{made.folder.name}/base.tar", private=private)
    return {**files_of(folder), "opened backup": opened.getvalue()}


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + WITHIN_SECONDS
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.3)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_secret_is_said_anywhere(
    installation: Installation,
    oil: list[str],
    brand: Brand,
    desk: Desk,
    superuser: psycopg.Connection,
    cluster: Cluster,
    database: ClusterUrls,
    tmp_path: Path,
) -> None:
    known = dict(installation.secrets)
    known |= {
        f"key of {user['name']}": user["userKey"]
        for user in desk.keys()["users"]
        if MAKER in user["licenses"]
    }
    known["password"], known["wrong password"] = (secrets.token_urlsafe(14) for _ in range(2))
    email = give_password(brand.users["Owen"], known["password"])
    client, pages = installation.client(), {}
    press(client, "/sign-in/", login=email, password=known["wrong password"])
    known |= set_up(client, email, known["password"])
    known["new key"] = secrets.token_urlsafe(24)
    stored = press(
        client,
        f"/l/{MAKER}/takeover/key/",
        owner=str(brand.users["Fay"]),
        owner_name="Fay",
        user_key=known["new key"],
    )
    assert stored.status_code == 200
    known["hook token"] = secrets.token_urlsafe(24)
    client.post(f"/metrc/{brand.licenses[MAKER]}/{known['hook token']}/")
    act(brand, desk, oil)
    for kind in ("500-before", "401", "drop-after", "truncate"):
        fault(desk, "/packages/v2/active", kind)
    for table, path in (("orders", f"/l/{MAKER}/orders/"), ("sync_runs", f"/l/{MAKER}/sync/runs/")):
        superuser.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        time.sleep(2)
        answer = client.get(path)
        pages[path] = answer.content
        superuser.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
        assert answer.status_code == 500
    press(client, "/sign-in/forgotten/", email=email)
    time.sleep(3)
    known["session"] = client.cookies["sessionid"]
    superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND usename IN ('glassbox_sequencer', 'glassbox_signer')"
    )
    time.sleep(2)
    client.close()
    installation.close()

    logs = files_of(installation.logs)
    for name in ("serve.log", "worker.log"):
        assert b"ProgrammingError" in logs[name], f"the error was forced in {name}"
    assert all(logs[f"{name}.log"] for name in ("serve", "worker", "sequencer", "signer"))
    assert len(files_of(installation.mails)) >= 1
    pages["dump"] = dump(superuser)
    pages["log of PostgreSQL"] = cluster.log.read_bytes()
    assert b'relation "orders" does not exist' in pages["log of PostgreSQL"]
    pages |= backup_of(database, tmp_path / "backup")
    assert hits(known, {**logs, **pages, **files_of(installation.mails)}) == []
