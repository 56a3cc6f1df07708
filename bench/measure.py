"""What the benchmarks share: memory of a process, and how a finding is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def resident_bytes(process_id: int | str = "self") -> int:
    """Return how much memory a process holds now, this one unless another is named."""
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) * 1024


def tell(found: dict[str, Any]) -> int:
    """Print a table and one JSON line; return the exit code, by whether all limits held."""
    width = max(len(name) for name in found) + 2
    for name, value in found.items():
        sys.stdout.write(f"{name:<{width}}{value}\n")
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if found["held"] else 1
