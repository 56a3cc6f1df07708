"""Build the wheel for where people work, in dist/: without the demo, the scenario runner and METRC in a box."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Trying out and testing: glassbox demo, open-demo and flow, and what they alone need.
LEFT_OUT = (
    "metrc_simulator",
    "glassbox/cli/demo.py",
    "glassbox/cli/demo_brand.py",
    "glassbox/cli/demo_outside.py",
    "glassbox/cli/open_demo.py",
    "glassbox/cli/flow.py",
    "glassbox/cli/scenarios",
    "glassbox/queries/scenario_facts.py",
)
SIMULATOR_LINES = ("metrc-simulator =", "metrc_simulator =")


def lay_out(folder: Path) -> None:
    """Lay everything the wheel is made of into a folder, without what is left out."""
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    for name in LEFT_OUT:
        path = folder / "src" / name
        # A name that is gone must not let something of the same kind come in unseen.
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    lines = (ROOT / "pyproject.toml").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(SIMULATOR_LINES)]
    (folder / "pyproject.toml").write_text("".join(kept))
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)


def main() -> None:
    """Build it by the tools that the lock file pins."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        wheel = ["pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
        subprocess.run(
            [sys.executable, "-m", *wheel, "--wheel-dir", str(ROOT / "dist"), folder], check=True
        )
    sys.stdout.write(f"{ROOT / 'dist'}\n")


if __name__ == "__main__":
    main()
