"""A machine with Python and nothing else: another root folder, and no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

# What a verifier cannot need, and what takes long to copy.
LEFT_OUT = ("site-packages", "test", "idlelib", "tkinter", "ensurepip", "config-*", "__pycache__")
SECONDS_AT_MOST = 120
is_root_only = pytest.mark.skipif(
    "os.geteuid() != 0",
    reason="Only root can change the root folder and take the network away: run this test as root.",
)


def make_machine(root: Path) -> Path:
    """Fill a folder with Python, its standard library and the C libraries they load; return it."""
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    library = Path(sysconfig.get_path("stdlib", vars={"base": sys.base_prefix}))
    shutil.copytree(
        library, _within(root, library), ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True
    )
    loaded = [python, *(library / "lib-dynload").glob("*.so")]
    for path in {python, *_libraries_of(loaded)}:
        _within(root, path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, _within(root, path))
    return root


def run_alone(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python there, as `python3 WORDS` would, with no network and an empty environment."""
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return subprocess.run(
        ["unshare", "--net", "chroot", str(root), str(python), *words],
        env={"PYTHONHOME": sys.base_prefix, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=SECONDS_AT_MOST,
        check=False,
    )


def _within(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _libraries_of(binaries: list[Path]) -> set[Path]:
    found = subprocess.run(
        ["ldd", *map(str, binaries)], capture_output=True, text=True, check=True
    ).stdout
    words = {word for word in found.split() if word.startswith("/") and not word.endswith(":")}
    return {Path(word) for word in words}
