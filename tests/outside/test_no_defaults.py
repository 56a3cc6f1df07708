"""No credential that everybody knows, and no command for trying out, where people work."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from glassbox.config.console import NOT_WHERE_PEOPLE_WORK, main
from glassbox.runtime.postgres import LOGIN_ROLES, Cluster
from tests.meta.source import ROOT

SETTINGS = ROOT / "src/glassbox/config/settings.py"
PASSWORD_CHARACTERS_AT_LEAST = 32


def module_of(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_setting_has_a_secret_as_its_default() -> None:
    tree = ast.parse(SETTINGS.read_text())
    asked = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "env_secret"
    ]
    defaults = [ast.literal_eval(node.args[1]) for node in asked if len(node.args) > 1]

    assert len(asked) >= 8
    # An address without a name and without a password is no credential.
    assert defaults == ["postgresql://127.0.0.1/"]


def test_two_installations_have_no_password_in_common(tmp_path: Path) -> None:
    passwords = set()
    for name in ("one", "other"):
        cluster = Cluster(tmp_path / name, throw_away=True)
        cluster.prepare_folder()
        cluster._initialise()
        passwords |= set(cluster._passwords().values())
        assert cluster.secrets_file.stat().st_mode & 0o077 == 0
        cluster.remove()

    assert len(passwords) == 2 * (len(LOGIN_ROLES) + 1)
    assert all(len(one) >= PASSWORD_CHARACTERS_AT_LEAST for one in passwords)


def test_no_shipped_file_holds_a_password() -> None:
    for file in sorted((ROOT / "deploy").rglob("*")):
        if file.is_file():
            text = file.read_text()
            assert not re.search(r"(?i)password\s*[=:]\s*\S|://[^/\s]*:[^/\s]*@", text), file


def test_the_settings_we_ship_have_every_file_scanned() -> None:
    lines = (ROOT / "deploy/env/common.env").read_text().splitlines()

    assert "GLASSBOX_ENVIRONMENT=production" in lines
    # A socket of the machine: what a file holds travels nowhere.
    assert any(re.fullmatch(r"GLASSBOX_CLAMD=/\S+", line) for line in lines)


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("command", sorted(NOT_WHERE_PEOPLE_WORK))
def test_what_is_for_trying_out_does_not_run_where_people_work(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: str,
    command: str,
) -> None:
    monkeypatch.setenv("GLASSBOX_ENVIRONMENT", environment)

    assert main([command, "S01"]) == 2
    assert f"does not run in {environment}" in capsys.readouterr().err


IMPORTS_ALL = """
import importlib, sys, django
sys.path[:] = [one for one in sys.path if not one.endswith("/src")]
sys.path.insert(0, sys.argv[1])
sys.path_importer_cache.clear()
django.setup()
from glassbox.config.console import COMMANDS, NOT_WHERE_PEOPLE_WORK
for name, _, _ in COMMANDS:
    if name not in NOT_WHERE_PEOPLE_WORK:
        importlib.import_module("glassbox.cli." + name.replace("-", "_"))
import glassbox.config.urls, glassbox.jobs.tasks
for gone in ("metrc_simulator", "glassbox.cli.demo", "glassbox.cli.scenarios"):
    assert importlib.util.find_spec(gone) is None, gone
assert glassbox.__file__.startswith(sys.argv[1]), glassbox.__file__
print(len(sys.modules))
"""


def test_what_people_work_with_holds_nothing_for_trying_out_and_is_whole(tmp_path: Path) -> None:
    release = module_of(ROOT / "scripts/build_release.py")
    release.lay_out(tmp_path)

    left = [str(path.relative_to(tmp_path / "src")) for path in (tmp_path / "src").rglob("*.py")]
    assert len(left) > 300
    for path in left:
        assert not re.search(r"simulator|demo|scenario|cli/flow|/tests?/|conftest", path), path
    scripts = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(scripts) == {"glassbox"}
    environment = {**os.environ, "GLASSBOX_ENVIRONMENT": "production"}
    environment |= {"GLASSBOX_SECRET_KEY": "x" * 50, "GLASSBOX_HOME": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "glassbox.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_ALL, str(tmp_path / "src")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
