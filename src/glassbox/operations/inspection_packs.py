"""Prepare what an inspector takes away: chosen packages with everything that proves them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.archive import write_archive
from glassbox.audit.event_types import EventType
from glassbox.audit.offline import verify_pack
from glassbox.models.companies import License
from glassbox.models.inspections import InspectionPack
from glassbox.operations.inspection import Draw, draw_labels_here, period_of
from glassbox.operations.inspection_paper import label_facts, paper_of
from glassbox.operations.transaction import operation
from glassbox.paperwork.pack_index import (
    IndexedAction,
    IndexedEvent,
    IndexedPackage,
    PackIndex,
    pack_index,
)
from glassbox.paperwork.sheets import inspection_sheet
from glassbox.queries.audit_trail.proof_files import verifier_files
from glassbox.queries.audit_trail.stamp import stamp_in_transaction
from glassbox.queries.inspection_pack.choose import labels_of_batch, labels_of_period
from glassbox.queries.inspection_pack.collect import PackageLine, PackContent, collect_pack
from glassbox.queries.inspection_pack.rows import as_file
from glassbox.queries.labels.scan import scan
from glassbox.queries.labels.sheet import Scanned
from glassbox.rules.actor import Actor
from glassbox.rules.inspection import PackChoice
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput

FORMAT = "glassbox-inspection-pack-1"
PACK_BYTES_AT_MOST = 100 * 1024 * 1024
READ_ME = """An inspection pack. Open index.html in a browser; summary.pdf is the same on paper.

To check that not one byte was changed since it was prepared, and that the licensee's ledger tells
of it, with Python 3.9 or newer and nothing else:

    python3 verify.py --key KEY .

It runs verify_pack.py, which lies beside it; both are short enough to be read first.
KEY is the public key of the licensee's ledger, one line. Ask for it by another way than this pack;
ledger.vkey is a copy. Keep the folder as it is: a file that was added is refused as well.
"""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a pack is of, in words that let anybody choose the same again."""

    choice: PackChoice
    text: str
    batch: str = ""
    draw: Draw | None = None

    def facts(self) -> dict[str, object]:
        """Return it as the record of a pack keeps it."""
        return {
            "choice": self.choice.value,
            "batch": self.batch,
            "seed": self.draw.seed if self.draw else "",
            "drawn_from": self.draw.drawn_from if self.draw else 0,
            "list_sha256": self.draw.list_sha256 if self.draw else "",
        }

    def words(self) -> str:
        """Return it as people read it."""
        if self.draw:
            return f"drawn from {self.draw.drawn_from} on the premises, seed {self.draw.seed}"
        if self.choice is PackChoice.BATCH:
            return f"every package of batch {self.batch}"
        if self.choice is PackChoice.PERIOD:
            return "every package that changed in the period"
        return "the labels were given"


def prepare_pack(
    *,
    actor: Actor,
    license_id: int,
    choice: str,
    text: str = "",
    batch: str = "",
    count: int | None = None,
    seed: str = "",
    first: date | None = None,
    last: date | None = None,
    reason: str,
    now: datetime,
) -> int:
    """Prepare a pack of the UIDs in a text, of a production batch, of what changed in a period, or
    of `count` packages drawn at random; return its id. Events are of the period, 90 days by default.

    :raises InvalidInput: if nothing is chosen, or more than a pack takes
    """
    started = time.monotonic()
    period = period_of(first, last, now)
    selection = Selection(choice=_choice(choice), text=text, batch=batch.strip())
    if selection.choice is PackChoice.RANDOM:
        drawn, draw = draw_labels_here(actor, license_id, count or 0, seed.strip())
        selection = Selection(choice=PackChoice.RANDOM, text=drawn, draw=draw)
    elif selection.choice is PackChoice.BATCH:
        labels = labels_of_batch(actor=actor, license_id=license_id, number=selection.batch)
        selection = Selection(choice=PackChoice.BATCH, text=" ".join(labels), batch=selection.batch)
    elif selection.choice is PackChoice.PERIOD:
        labels = labels_of_period(actor=actor, license_id=license_id, period=period)
        selection = Selection(choice=PackChoice.PERIOD, text=" ".join(labels))
    if not selection.text.strip():
        raise InvalidInput(
            field="UIDs", value="nothing", way_out="Give the UIDs, or choose in another way."
        )
    scanned = scan(
        actor=actor, license_ids=(license_id,), text=selection.text, period=period, now=now
    )
    return _prepare(
        actor=actor,
        license_id=license_id,
        selection=selection,
        scanned=scanned,
        reason=reason,
        started=started,
        now=now,
    )


def _choice(choice: str) -> PackChoice:
    if choice not in set(PackChoice):
        raise InvalidInput(
            field="What it is of", value=choice, way_out=f"Choose one of {', '.join(PackChoice)}."
        )
    return PackChoice(choice)


@operation
def _prepare(
    *,
    actor: Actor,
    license_id: int,
    selection: Selection,
    scanned: Scanned,
    reason: str,
    started: float,
    now: datetime,
) -> int:
    access.require(actor, Permission.INSPECTION_PREPARE, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say who asks for the pack.")
    license = License.objects.get(id=license_id)
    paper = paper_of(
        license=license,
        scanned=scanned,
        drawn=selection.words() if selection.draw else "",
        actor=actor,
        reason=reason,
        now=now,
    )
    content = collect_pack(license, scanned)
    files = {
        **content.files,
        **verifier_files(),
        "verify_pack.py": Path(verify_pack.__file__).read_bytes(),
        "README.txt": READ_ME.encode(),
        "summary.pdf": inspection_sheet(paper, stamp=stamp_in_transaction(license)),
        "index.html": pack_index(
            _index(
                license,
                content,
                facts=(*paper.facts, ("Chosen", selection.words())),
                answers=paper.answers,
                stamp=paper.stamp,
            )
        ),
    }
    labels = [sheet.label for sheet in scanned.sheets]
    files["manifest.json"] = as_file(
        {
            "format": FORMAT,
            "license": license.number,
            "prepared_by": actor.name,
            "prepared_at": now,
            "reason": reason.strip(),
            "selection": selection.facts(),
            "first": scanned.period.first,
            "last": scanned.period.last,
            "labels": labels,
            "files": {name: _sha256(files[name]) for name in sorted(files)},
        }
    )
    return _keep(actor, license, files, selection, labels, reason.strip(), started, now)


def _keep(
    actor: Actor,
    license: License,
    files: Mapping[str, bytes],
    selection: Selection,
    labels: list[str],
    reason: str,
    started: float,
    now: datetime,
) -> int:
    archive = write_archive(files)
    if len(archive) > PACK_BYTES_AT_MOST:
        raise InvalidInput(
            field="UIDs",
            value=f"{len(archive) / 1024 / 1024:,.0f} MB",
            way_out=f"A pack has {PACK_BYTES_AT_MOST // 1024 // 1024} MB at most; choose fewer.",
        )
    manifest_sha256 = _sha256(files["manifest.json"])
    event_id = ledger.append(
        type=EventType.PACK_PREPARED,
        subject=f"pack:{manifest_sha256[:16]}",
        actor=actor,
        reason=reason,
        body={
            "manifest_sha256": manifest_sha256,
            "labels": labels,
            "file_count": len(files),
            **selection.facts(),
        },
        now=now,
    )
    return InspectionPack.objects.create(
        company_id=license.company_id,
        license=license,
        reason=reason[:500],
        selection=selection.facts(),
        labels=labels,
        event_id=event_id,
        manifest_sha256=manifest_sha256,
        content=archive,
        size_bytes=len(archive),
        file_count=len(files) + 1,
        seconds=time.monotonic() - started,
        prepared_by_id=actor.user_id,
        prepared_at=now,
    ).pk


def _index(
    license: License,
    content: PackContent,
    *,
    facts: tuple[tuple[str, str], ...],
    answers: tuple[tuple[str, str], ...],
    stamp: str,
) -> PackIndex:
    zone = ZoneInfo(license.time_zone)
    return PackIndex(
        license=f"{license.legal_name}, licence {license.number}",
        stamp=stamp,
        facts=facts,
        answers=answers,
        packages=tuple(_indexed(line, zone) for line in content.packages),
        actions=tuple(
            IndexedAction(
                what=f"{line.id}: {line.effect_sentence}",
                state=line.state.lower().replace("_", " "),
                drafted_by=line.drafted_by,
                approved=f"{line.approved_by}, {_at(line.approved_at, zone)}"
                if line.approved_at
                else "not approved",
                file=line.file,
            )
            for line in content.actions
        ),
        papers=content.papers,
        events=tuple(
            IndexedEvent(
                number="" if event.number is None else f"{event.number:,}",
                at=_at(event.at, zone),
                type=event.type,
                subject=event.subject,
                who=event.who,
                reason=event.reason,
                file=event.file,
            )
            for event in content.events
        ),
        exchange_count=content.exchange_count,
    )


def _indexed(line: PackageLine, zone: ZoneInfo) -> IndexedPackage:
    return IndexedPackage(
        label=line.sheet.label,
        item=line.sheet.item_name,
        facts=label_facts(line.sheet, zone),
        files=(
            ("the record", line.file),
            *((f"COA {number}", file) for number, file in line.certificates),
            *((f"manifest {number}", file) for number, file in line.manifests),
            *((("METRC's answer with this number", line.exchange),) if line.exchange else ()),
        ),
    )


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") if moment else ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
