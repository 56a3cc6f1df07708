"""The ledger's two processes, as one step of a test: numbers are given and heads are signed."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings

from glassbox.audit.sequencer import sequence_once
from glassbox.audit.signer import sign_once
from glassbox.runtime.postgres import ClusterUrls

ORIGIN = "goldenpoppy.example/audit/dev"

_folders: dict[str, Path] = {}


def signer_folder(database: ClusterUrls) -> Path:
    """Return where the signer of a test's database keeps its key and its memory."""
    if database.signer not in _folders:
        # Below the home of the run, with which it goes.
        home = settings.GLASSBOX_HOME
        home.mkdir(parents=True, exist_ok=True)
        _folders[database.signer] = Path(mkdtemp(prefix="signer-", dir=home))
    return _folders[database.signer]


def number_events(database: ClusterUrls) -> int:
    """Give every committed event its number; return how many that were."""
    return sequence_once(database.sequencer, ORIGIN)


def sign_heads(database: ClusterUrls) -> int:
    """Sign every head that grew; return how many."""
    folder = signer_folder(database)
    return sign_once(database.signer, folder, folder / "ledger.vkey", ORIGIN)


def make_durable(database: ClusterUrls) -> int:
    """Number every committed event and sign the heads over them; return how many events."""
    numbered = number_events(database)
    sign_heads(database)
    return numbered
