"""A vault of a test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def vault_in(folder: Path) -> dict[str, Any]:
    """Return the settings that let a vault and its public key lie in a folder."""
    return {
        "GLASSBOX_VAULT_FOLDER": folder / "vault",
        "GLASSBOX_VAULT_PUBLIC_FILE": folder / "public" / "metrc-keys.public.json",
        "GLASSBOX_KEYS_FOLDER": folder / "keys",
    }
