"""A command that is given a place it cannot use says which, who named it, and the way out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from glassbox.cli import make_keys
from glassbox.config.console import main

NOBODY = 65534
MAKE_KEYS = ["make-keys", "--only"]


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def somebody_else(home: Path) -> Iterator[None]:
    """This process may not write below the home: as root it becomes nobody."""
    assert make_keys
    home.chmod(0o555)
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(before)
    home.chmod(0o755)


@pytest.mark.usefixtures("somebody_else")
@pytest.mark.parametrize(
    ("only", "setting"),
    [
        ("vault", "GLASSBOX_VAULT_FOLDER"),
        ("sign-in", "GLASSBOX_HOME"),
        ("backup", "GLASSBOX_HOME"),
    ],
)
def test_an_unwritable_home_is_named_with_its_setting_and_the_way_out(
    only: str, setting: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(
        GLASSBOX_HOME=home,
        GLASSBOX_KEYS_FOLDER=home / "keys",
        GLASSBOX_VAULT_FOLDER=home / "vault",
        GLASSBOX_VAULT_PUBLIC_FILE=home / "metrc-keys.public.json",
        GLASSBOX_BACKUP_PUBLIC_FILE=home / "backup.public.json",
    ):
        assert main([*MAKE_KEYS, only]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"glassbox: {home}") and said.count("\n") == 1
    assert f"{setting} names it" in said
    assert f"cannot be used by user {os.geteuid()}: " in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("make-keys --only sign-in", "name a folder"),
        ("backup --list --to {home}/nowhere", "There is no such folder"),
        ("restore --from {home} --key {home}/key --into {home}/i", "{home}/key cannot be used by"),
        ("restore --from {home} --key {home}/file --into {home}/file", "A file stands where"),
        ("hand-over --company X --out {home}/file --because Y", "name a folder"),
        ("demo --home {home}/file", "A file stands where"),
    ],
)
def test_a_bad_path_is_one_sentence(
    words: str, sentence: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "file").write_text("no key")
    with override_settings(GLASSBOX_HOME=home / "file", GLASSBOX_KEYS_FOLDER=home / "file/keys"):
        assert main(words.format(home=home).split()) == 2
    said = capsys.readouterr().err
    assert sentence.format(home=home) in said and said.count("\n") == 1
