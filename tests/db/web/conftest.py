"""A company's own sign-in, beside a neighbour's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tests.openid_provider import OpenIdProvider, openid_provider, providers_file


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[OpenIdProvider]:
    with openid_provider() as one, openid_provider() as other:
        file = providers_file(tmp_path, one.address, other.address)
        with override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=file):
            yield one
