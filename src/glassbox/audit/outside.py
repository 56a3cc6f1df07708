"""The heads that mirrors and witnesses hold: what the ledger is compared with after a restore."""

from __future__ import annotations

import logging
from pathlib import Path

from glassbox.audit.mirror import held_heads
from glassbox.audit.notes import Head
from glassbox.audit.witness_client import NoAnswer, last_cosigned, read_witnesses

log = logging.getLogger(__name__)


def heads_outside(
    *, public: bytes, origin: str, year: int, mirror: Path | None, witnesses_file: Path | None
) -> list[tuple[str, Head]]:
    """Return each head that is held outside, with who holds it: every log of the mirror's, and the
    anchor log of this year and the last of each witness's.

    A place that gives no answer is left out and told of: one that is away must not stop us.

    :raises NoteWrong: if a mirror's checkpoint, or the file of witnesses, is damaged
    """
    held = []
    if mirror and not mirror.exists():
        log.warning("The mirror %s is not there: the ledger is not compared with it", mirror)
    elif mirror:
        held += [(f"The mirror {mirror}", head) for head in held_heads(mirror, public)]
    for witness in read_witnesses(witnesses_file) if witnesses_file else ():
        for anchor in (f"{origin}/anchor/{year - 1}", f"{origin}/anchor/{year}"):
            try:
                head = last_cosigned(witness, anchor, public)
            except NoAnswer as problem:
                log.warning("The ledger is not compared with a witness: %s", problem)
                continue
            if head:
                held.append((f"The witness {witness.name}", head))
    return held
