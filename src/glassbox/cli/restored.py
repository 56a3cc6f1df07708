"""What came back from a backup: looked at, held against what is outside, and put into restore mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from django.conf import settings

from glassbox import clock
from glassbox.audit.anchors import contradiction
from glassbox.audit.beyond import sends_beyond
from glassbox.audit.outside import heads_outside
from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.standing import RESTORE, stop_ledger
from glassbox.audit.verify import verify
from glassbox.runtime.postgres import Cluster, ClusterUrls

# More rows than any table gets in the time that a backup is old.
SKIPPED_IDS = 100_000
BEGUN = ("APPROVED", "SUBMITTING", "UNCONFIRMED")


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was found in a restored database: counts, and the first thing that is wrong, or nothing.

    `outside` says how the database contradicts what mirror and witnesses hold, `beyond` names sends
    that the mirror alone knows of.
    """

    events: int
    verifies: bool
    problem: str
    outside: str
    in_flight: int
    beyond: tuple[str, ...]


def restored_cluster(home: Path) -> Cluster:
    """Return the cluster that a restore fills, below a new home."""
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    return Cluster(home)


def look_at(urls: ClusterUrls, to: datetime | None) -> Restored:
    """Put a restored database into restore mode, then verify it and hold it against what is outside.

    Restore mode is a stop of the ledger: pages are read, and nothing is numbered, signed or sent
    until a person ends it by `glassbox audit resume`.
    """
    with psycopg.connect(urls.sequencer, autocommit=True) as connection:
        stop_ledger(
            connection,
            said_by=RESTORE,
            sentence="The database was restored from a backup, as of "
            f"{to.isoformat() if to else 'its last moment'}. A person looks before anything is sent.",
        )
    _skip_lost_ids(urls.owner)
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    public = read_public_key(key_file) if key_file.exists() else None
    walked = verify(urls.verifier, public_key=public)
    outside, beyond = _held_against(urls, public) if public else ("No public key lies here.", ())
    with psycopg.connect(urls.backup) as connection:
        row = connection.execute(
            "SELECT count(*) FROM regulated_actions WHERE state = ANY(%s)", [list(BEGUN)]
        ).fetchone()
    return Restored(
        events=walked.events,
        verifies=walked.is_verified,
        problem=walked.problem,
        outside=outside,
        in_flight=row[0] if row else 0,
        beyond=beyond,
    )


def _skip_lost_ids(url: str) -> None:
    """Never give an id again that a lost row may have had: the ledger still tells of that row."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename), coalesce(last_value, 0) + %s)"
            " FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT LIKE 'audit%%'"
            " AND data_type = 'bigint'::regtype",
            [SKIPPED_IDS],
        )


def _held_against(urls: ClusterUrls, public: bytes) -> tuple[str, tuple[str, ...]]:
    mirror = settings.GLASSBOX_MIRROR_FOLDER
    held = heads_outside(
        public=public,
        origin=settings.GLASSBOX_LEDGER_ORIGIN,
        year=clock.true_now().year,
        mirror=mirror,
        witnesses_file=settings.GLASSBOX_WITNESSES_FILE,
    )
    with psycopg.connect(urls.sequencer, autocommit=True) as connection:
        sentence = contradiction(connection, held)
        if sentence:
            stop_ledger(connection, said_by=RESTORE, sentence=sentence)
        beyond = sends_beyond(connection, mirror, public) if mirror and mirror.exists() else ()
    return sentence, beyond
