"""The ground of every test: Django's settings, and for those that ask a database of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("GLASSBOX_HOME", tempfile.mkdtemp(prefix="glassbox-tests-"))
os.environ.setdefault("GLASSBOX_ENVIRONMENT", "dev")
os.environ["DJANGO_SETTINGS_MODULE"] = "glassbox.config.settings"

import django
import psycopg
import pytest
from django.db import connections

from glassbox.runtime.postgres import Cluster, ClusterUrls

django.setup()

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
    from glassbox.cli.migrate import migrate

    home = Path(tempfile.mkdtemp(prefix="glassbox-cluster-"))
    cluster = Cluster(home, throw_away=True)
    urls = cluster.start(TEMPLATE)
    migrate(urls.owner, "dev")
    yield cluster
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
