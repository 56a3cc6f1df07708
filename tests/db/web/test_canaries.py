"""No secret is said: what pages log at DEBUG, mails, an error page and a dump are searched."""

from __future__ import annotations

import io
import json
import logging
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import Client, override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.config.logs import json_formatter
from tests.cast import MFG
from tests.db.web.signing_in import PASSWORD, give, set_up_app, with_password
from tests.journeys.canaries import dump, files_of, hits

MAIL_SECONDS = 10

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Every line of every logger at DEBUG, as the handler of the settings writes it."""
    out, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(out), root.level
    handler.setFormatter(json_formatter())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_secret_is_said_by_the_pages(
    cast: Brand, cast_superuser: psycopg.Connection, said: io.StringIO, tmp_path: Path
) -> None:
    known = {"password": PASSWORD, "wrong password": secrets.token_urlsafe(14)}
    known["new key"], known["hook token"] = (secrets.token_urlsafe(24) for _ in range(2))
    user, client = with_password(cast, "Owen"), Client(raise_request_exception=False)
    give(Client(), user, known["wrong password"])
    known["app secret"], codes = set_up_app(client, user)
    known |= {f"recovery code {number}": code for number, code in enumerate(codes)}
    key = {"owner": str(cast.users["Ana"]), "owner_name": "Ana", "user_key": known["new key"]}
    assert client.post(f"/l/{MFG}/takeover/key/", key).status_code == 302
    client.post(f"/metrc/{cast.licenses[MFG]}/{known['hook token']}/")
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
        EMAIL_FILE_PATH=str(tmp_path),
        GLASSBOX_MAIL_IS_SET_UP=True,
    ):
        Client().post("/sign-in/forgotten/", {"email": user.email})
        # The mail leaves beside the request.
        for thread in threading.enumerate():
            if thread.name == "sign-in-mail":
                thread.join(MAIL_SECONDS)
    cast_superuser.execute("ALTER TABLE orders RENAME TO orders_away")
    broken = client.get(f"/l/{MFG}/orders/")
    cast_superuser.execute("ALTER TABLE orders_away RENAME TO orders")
    known["session"] = client.cookies[settings.SESSION_COOKIE_NAME].value

    assert len(files_of(tmp_path)) == 1 and broken.status_code == 500
    assert broken["X-Request-Id"] in broken.content.decode()
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    told = [line for line in lines if line.get("exception") == "ProgrammingError"]
    assert [line["request"] for line in told] == [broken["X-Request-Id"]]
    assert told[0]["status"] == 500 and "orders/" in told[0]["route"]
    assert any("orders" in place for place in told[0]["where"])
    said_somewhere = {"log": said.getvalue().encode(), "error page": broken.content}
    said_somewhere["dump"] = dump(cast_superuser)
    assert hits(known, said_somewhere | files_of(tmp_path)) == []
