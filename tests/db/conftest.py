"""The cast in a database of one test's own, without a simulator."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.runtime.postgres import ClusterUrls
from tests.cast import open_cast


@pytest.fixture
def cast(database: ClusterUrls, frozen_now: datetime) -> Brand:
    """The company of the scenarios, its people and partners."""
    # Eleven passwords made as slowly as production makes them would cost each test seconds.
    fast = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[fast]):
        return open_cast(frozen_now)
