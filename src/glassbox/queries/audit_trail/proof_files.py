"""The proofs of a range of events in one archive, with the verifier beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from glassbox import access
from glassbox.audit.archive import write_archive
from glassbox.audit.models import AuditLeaf
from glassbox.audit.offline import verify as offline_verifier
from glassbox.audit.proofs import NotProvable, prove_event
from glassbox.queries.audit_trail.event import raw_connection
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound

EVENTS_AT_MOST = 1_000
READ_ME = """Each file here proves one event of an audit trail, without the people who wrote it.

    python3 verify.py --key KEY .

KEY is the public key of the ledger, one line. Ask the licensee for it by another way than this
folder; ledger.vkey is a copy. verify.py needs Python 3.9 or newer and nothing else.
"""


def proofs_archive(*, actor: Actor, license_id: int, first: int, last: int) -> bytes:
    """Return the offline proofs of the entries `first` to `last` of a licence's newest log.

    :raises NotFound: if there are none, more than 1,000, or not all are below a signed head
    """
    with access.reading(actor, license_id=license_id):
        files = {name: text.encode() for name, text in _proofs(license_id, first, last)}
    return write_archive({**files, **verifier_files(), "README.txt": READ_ME.encode()})


def verifier_files() -> dict[str, bytes]:
    """Return the verifier, and the ledger's public key where there is one."""
    files = {"verify.py": Path(offline_verifier.__file__).read_bytes()}
    if settings.GLASSBOX_LEDGER_KEY_FILE.exists():
        files["ledger.vkey"] = settings.GLASSBOX_LEDGER_KEY_FILE.read_bytes()
    return files


def _proofs(license_id: int, first: int, last: int) -> Iterator[tuple[str, str]]:
    leaves = AuditLeaf.objects.filter(log__license_id=license_id, index__range=(first, last))
    newest = leaves.order_by("-log__year").values_list("log_id", flat=True).first()
    chosen = list(
        leaves.filter(log_id=newest, event_id__isnull=False)
        .order_by("index")
        .values_list("index", "event_id")[: EVENTS_AT_MOST + 1]
    )
    if not chosen or len(chosen) > EVENTS_AT_MOST:
        raise NotFound(
            f"Numbers {first} to {last} are none of this licence's log, or more than"
            f" {EVENTS_AT_MOST:,}. Choose a shorter range."
        )
    for index, event_id in chosen:
        try:
            proof = prove_event(raw_connection(), event_id)
        except NotProvable as problem:
            raise NotFound(str(problem)) from problem
        yield f"{index:08d}-{event_id}.tlog-proof", proof.text()
