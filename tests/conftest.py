"""The ground of every test: Django's settings, and for those that ask a database of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.own_folders import own_folder

# Each process of a parallel run has a home of its own, whatever the first one said.
os.environ["GLASSBOX_HOME"] = str(own_folder("glassbox-test-run-"))
os.environ.setdefault("GLASSBOX_ENVIRONMENT", "dev")
# Most tests are about work, not about signing in; those that are switch it on.
os.environ["GLASSBOX_MFA_REQUIRED"] = "no"
# One person of the tests opens in a second what others open in an hour; limits have their own tests.
os.environ["GLASSBOX_PAGES_PER_MINUTE"] = os.environ["GLASSBOX_EXPORTS_PER_MINUTE"] = "1000000"
# The simulator is the tests' own: nobody else waits for it.
os.environ["GLASSBOX_METRC_SHARE"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "glassbox.config.settings"
if os.environ.get("GLASSBOX_TESTS_LISTEN"):
    os.environ["GLASSBOX_LOG_LEVEL"] = "DEBUG"
    os.environ["GLASSBOX_MAIL_FOLDER"] = str(Path(os.environ["GLASSBOX_TESTS_LISTEN"]) / "mails")

import django
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from glassbox.runtime.postgres import Cluster, ClusterUrls

if os.environ.get("GLASSBOX_TESTS_LISTEN"):
    # A command that a test runs in this process would bind the log to that test's own capture.
    settings.LOGGING["handlers"]["stderr"]["stream"] = "ext://sys.__stderr__"
django.setup()
# A machine with other work is slow; that is no fault of what is tested.
property_settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
property_settings.load_profile("unhurried")
# A slow hash protects people; the cast's passwords are made anew in every test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from glassbox.cli.demo_brand import Brand, open_brand
from glassbox.cli.migrate import migrate
from tests import listening
from tests.desk import Desk
from tests.signed_in_client import let_clients_hold_tokens

let_clients_hold_tokens()
TEMPLATE = "glassbox_template"


def pytest_sessionfinish() -> None:
    shutil.rmtree(os.environ["GLASSBOX_HOME"], ignore_errors=True)


@pytest.fixture
def frozen_now() -> datetime:
    """The story's moment: the true time, because METRC's clock and the database's are true."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the test run's own, with one migrated database to clone from."""
    # In memory where the machine has it: each test clones a database of some hundred files.
    memory = Path("/dev/shm")
    home = own_folder("glassbox-test-cluster-", memory if memory.is_dir() else None)
    home.chmod(0o711)
    cluster = Cluster(home, throw_away=True)
    urls = cluster.start(TEMPLATE)
    migrate(urls.owner, "dev")
    yield cluster
    listening.search_rest(cluster)
    cluster.remove()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[ClusterUrls]:
    """A database for one test, cloned in a moment; Django is connected as the application."""
    name = f"test_{uuid.uuid4().hex}"
    connections["default"].close()
    cluster.create_database(name, template=TEMPLATE)
    urls = cluster.urls(name)
    _connect_django(urls.application)
    yield urls
    connections["default"].close()
    listening.search_database(urls)
    cluster.drop_database(name)


@pytest.fixture
def superuser(database: ClusterUrls) -> Iterator[psycopg.Connection]:
    """A connection that stops at nothing, for attacks and for setting scenes."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        yield connection


def _connect_django(url: str) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    connections["default"].settings_dict.update(
        NAME=parts["dbname"],
        USER=parts["user"],
        PASSWORD=parts["password"],
        HOST=parts["host"],
        PORT=str(parts["port"]),
    )


@contextmanager
def served_simulator(*options: str) -> Iterator[str]:
    """A METRC simulator in a process of its own; yields its address."""
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "metrc-simulator"), "serve", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address: str = json.loads(process.stdout.readline())["address"]
    yield address
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[str]:
    with served_simulator("--world", "empty") as address:
        yield address


@pytest.fixture
def desk(simulator_process: str) -> Iterator[Desk]:
    """The desk of a METRC world without a single package, and Glassbox pointed at it."""
    with Desk(simulator_process) as desk:
        desk.do("reset", world="empty")
        point_at(desk)
        yield desk


def point_at(desk: Desk) -> None:
    """Let Glassbox talk to this simulator."""
    settings.GLASSBOX_METRC_URL = desk.address
    settings.GLASSBOX_METRC_VENDOR_KEY = desk.keys()["vendorKey"]
    settings.METRC_TIMEOUT_SECONDS = 3.0
    settings.METRC_GETS_PER_SECOND_PER_FACILITY = 1000
    settings.METRC_GETS_PER_SECOND_PER_VENDOR = 1000


@pytest.fixture
def brand(database: ClusterUrls, desk: Desk, frozen_now: datetime) -> Brand:
    """The cast's company with its licences, people and METRC keys."""
    brand = open_brand(
        metrc_users=desk.keys()["users"],
        sync_from=frozen_now - timedelta(hours=3),
        now=frozen_now,
    )
    listening.hear(desk.keys(), brand.passwords, database)
    return brand
