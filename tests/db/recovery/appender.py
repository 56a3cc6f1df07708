"""A process of its own that writes events, and notes each only once its commit was told as done.

python -m tests.db.recovery.appender LICENSE FILE
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from django.db import Error, connections

from tests.db.audit.sealed import write_events

PAUSE_SECONDS = 0.1


def main(license_id: int, acknowledged: Path) -> None:
    with acknowledged.open("a") as file:
        while True:
            try:
                (event_id,) = write_events(1, license_id=license_id)
            except Error:
                # Nobody said that this one is done: it may be there or not, and does not count.
                connections.close_all()
                time.sleep(PAUSE_SECONDS)
                continue
            file.write(f"{event_id}\n")
            file.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
