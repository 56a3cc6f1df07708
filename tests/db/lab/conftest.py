"""The story of a batch at the distributor."""

from __future__ import annotations

from datetime import datetime

import pytest

from glassbox.cli.demo_brand import Brand
from tests.db.lab.story import Story


@pytest.fixture
def story(cast: Brand, frozen_now: datetime) -> Story:
    return Story(cast, frozen_now)
