"""No credential that everybody knows, and no command for trying out, where people work."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from glassbox.config.console import NOT_WHERE_PEOPLE_WORK, main
from glassbox.runtime.postgres import LOGIN_ROLES, Cluster
from tests.meta.source import ROOT

SETTINGS = ROOT / "src/glassbox/config/settings.py"
PASSWORD_CHARACTERS_AT_LEAST = 32


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
