"""`python -m metrc_simulator` is `metrc-simulator`."""

from __future__ import annotations

from metrc_simulator.console import main

if __name__ == "__main__":
    raise SystemExit(main())
