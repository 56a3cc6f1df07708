"""What lies in the repository: no address of a registry, no path of a machine, no left-over."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.source import ROOT

TEXT = {".py", ".md", ".txt", ".toml", ".json", ".yaml", ".yml", ".js", ".css", ".html", ".npmrc"}
UNWANTED = {
    "a registry's address": re.compile(
        r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|deb[.]debian[.]org"
    ),
    "a path of one machine": re.compile(r"(?<![\w.])/(tmp|work|root|home)/"),
    "a left-over": re.compile(r"\b(TO" r"DO|FIX" r"ME|NotImplemented" r"Error)\b"),
}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def _found(text: str) -> list[str]:
    return [what for what, pattern in UNWANTED.items() if pattern.search(text)]


def test_tracked_files_are_clean() -> None:
    unclean = {
        path.relative_to(ROOT).as_posix(): found
        for path in _tracked()
        if path.suffix in TEXT or path.name in {"Makefile", "run", ".npmrc"}
        if (found := _found(path.read_text()))
    }

    assert unclean == {}


@pytest.mark.parametrize(
    "text",
    [
        "index-url = https://{}/simple".format(".".join(("pypi", "org"))),
        'home = "{}"'.format("/".join(("", "work", "main"))),
        "# {}: later".format("".join(("TO", "DO"))),
    ],
)
def test_the_check_sees_what_does_not_belong(text: str) -> None:
    assert _found(text)


@pytest.mark.parametrize("name", ["runtime.txt", "aws.txt", "dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]

    assert len(lines) > 20
    for line in lines:
        assert re.match(r"\s*[a-z0-9._\-\[\],]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


def test_the_front_end_is_locked_without_addresses() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())

    packages = {path: entry for path, entry in lock["packages"].items() if path}

    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry.get("integrity") for entry in packages.values())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_import_contracts_are_kept() -> None:
    done = _lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


def test_a_rule_that_reads_a_table_breaks_the_contracts(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("static", "*.egg-info")
    )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    lineage = tmp_path / "src/glassbox/rules/lineage.py"
    lineage.write_text(lineage.read_text() + "\nfrom glassbox.models.packages import Package\n")

    done = _lint_imports(tmp_path)

    assert done.returncode == 1
    assert "Floors: nothing imports from a floor above its own BROKEN" in done.stdout
