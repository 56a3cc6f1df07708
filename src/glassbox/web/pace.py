"""How many pages and exports one person may ask for in a minute."""

from __future__ import annotations

import threading
import time

from glassbox.rules.verdicts import Refused

WINDOW_SECONDS = 60.0
PEOPLE_REMEMBERED_AT_MOST = 10_000
# Names of addresses that gather many rows into a file.
_FILES = ("packages_csv", "audit_csv", "report_csv", "audit_proofs", "audit_proof", "pack_file")
EXPORTS = frozenset({*_FILES, *(f"both_{name}" for name in _FILES)})


class TooFast(Refused):
    """A person, or a program in their session, asks faster than people do."""

    code = "web.too-fast"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"You asked for more than a person can look at. Wait {wait_seconds} s; a program of "
            "yours uses the API, which has limits of its own."
        )
        self.wait_seconds = wait_seconds


class Pace:
    """Count what each person asks of this process in the running minute.

    Pages come from one process (`glassbox serve` starts one worker); with several the limit holds
    in each.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[int, str], tuple[float, int]] = {}

    def count(self, user_id: int, kind: str, at_most: int) -> None:
        """Count one request of a kind.

        :raises TooFast: beyond `at_most` of them in a minute
        """
        now = time.monotonic()
        with self._lock:
            began, so_far = self._counts.get((user_id, kind), (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, so_far = now, 0
            if so_far >= at_most:
                raise TooFast(max(1, round(began + WINDOW_SECONDS - now)))
            if len(self._counts) >= PEOPLE_REMEMBERED_AT_MOST:
                self._counts.clear()
            self._counts[user_id, kind] = began, so_far + 1


PACE = Pace()
