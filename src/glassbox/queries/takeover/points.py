"""What is still open at a go-live: every point that needs a person, with its way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.counts import CountLine, CountSessionState
from glassbox.models.credentials import MetrcCredential
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.packages import Movement, PackageSnapshot
from glassbox.models.reconciliation import ReconciliationLine, ReconciliationReport
from glassbox.models.takeover import KeyTest, KeyTestState
from glassbox.queries.freshness import freshness_of
from glassbox.queries.takeover.half_done import open_transfers
from glassbox.queries.takeover.names import people_to_match, unknown_items, unknown_locations
from glassbox.queries.takeover.tags import tag_doubts
from glassbox.rules.exception_policy import CaseClass
from glassbox.rules.package_state import PackageList
from glassbox.rules.takeover import KEY_CHECKS, KeyOutcome, OpenPoint, Step

ON_THE_SHELF = (PackageList.ACTIVE, PackageList.ON_HOLD)


def open_points(license_id: int, *, now: datetime) -> tuple[OpenPoint, ...]:
    """Return every open point by step, inside the caller's transaction.

    The number of statements does not depend on how many packages there are.
    """
    return (
        *_key(license_id),
        *_backfill(license_id),
        *_book(license_id),
        *_tags(license_id),
        *_names(license_id),
        *_half_done(license_id, now),
        *_count(license_id),
    )


def _key(license_id: int) -> Iterator[OpenPoint]:
    keys = MetrcCredential.objects.filter(license_id=license_id, revoked_at__isnull=True)
    reading = keys.filter(is_for_sync=True).first()
    if reading is None:
        yield _must(
            Step.KEY,
            "key:none",
            "No METRC key for reading is stored.",
            "Store one and test it.",
            "takeover/key/",
        )
        return
    worked, refused = reading.last_worked_at, reading.last_refused_at
    if worked is None or (refused is not None and refused > worked):
        yield _must(
            Step.KEY,
            "key:unproven",
            f"The key for reading that ends in {reading.last_four} has not worked yet."
            if worked is None
            else f"METRC refuses the key for reading that ends in {reading.last_four}.",
            "Test it, or store another.",
            "takeover/",
        )
    yield from _missing_rights(reading)
    if not keys.filter(is_for_sync=False).exists():
        yield OpenPoint(
            step=Step.KEY,
            key="key:nobody-sends",
            sentence="Nobody has stored a METRC key of their own, so nobody's actions can be sent.",
            way_out="Let each person who acts store their key.",
            address="takeover/key/",
        )


def _missing_rights(reading: MetrcCredential) -> Iterator[OpenPoint]:
    test = (
        KeyTest.objects.filter(credential=reading, state=KeyTestState.DONE).order_by("-id").first()
    )
    outcomes = {one["endpoint"]: one for one in test.results} if test else {}
    for check in KEY_CHECKS:
        found = outcomes.get(check.endpoint)
        if found is None or found["outcome"] != KeyOutcome.MAY_NOT:
            continue
        rights = " or ".join(found["permissions"]) or "a right that METRC does not name"
        yield OpenPoint(
            step=Step.KEY,
            key=f"key:may-not:{check.endpoint}",
            sentence=f"The key for reading may not {check.endpoint}, which is needed "
            f"{check.what_for}.",
            way_out=f"Give its owner the permission {rights} in METRC, then test again.",
            address="takeover/",
            can_be_accepted=not check.is_essential,
        )


def _backfill(license_id: int) -> Iterator[OpenPoint]:
    freshness = freshness_of(license_id)
    if freshness.as_of is None:
        yield _must(
            Step.BACKFILL,
            "backfill:not-whole",
            freshness.error or "METRC is not read to the end yet.",
            "Wait for the back-fill; it goes on by itself.",
            "sync/",
        )
    cases = ExceptionCase.objects.filter(
        license_id=license_id, state=CaseState.OPEN, case_class=CaseClass.BAD_RECORD
    )
    for pk, title, fact_key in cases.order_by("id").values_list("id", "title", "fact_key"):
        kind, _, who = fact_key.removeprefix("bad-record:").partition(":")
        yield OpenPoint(
            step=Step.BACKFILL,
            key=f"backfill:{fact_key}",
            sentence=f"{title}.",
            way_out="Look at the record in METRC; everything else was taken over.",
            address=f"cases/{pk}/",
            labels=(who,) if kind == "packages" else (),
        )


def _book(license_id: int) -> Iterator[OpenPoint]:
    moved = Movement.objects.filter(license_id=license_id, package_id=OuterRef("package_id"))
    unbooked = PackageSnapshot.objects.filter(
        ~Exists(moved), license_id=license_id, is_newest=True
    ).count()
    if unbooked:
        yield _must(
            Step.BOOK,
            "book:not-open",
            f"{unbooked:,} packages of METRC have no opening in our book yet.",
            "Wait: the book is opened after each read of METRC.",
            "sync/",
        )
    report = ReconciliationReport.objects.filter(license_id=license_id).order_by("-id").first()
    if report is None:
        return
    lines = ReconciliationLine.objects.filter(report=report).order_by("label")
    labels = tuple(dict.fromkeys(lines.values_list("label", flat=True)))
    if labels:
        yield OpenPoint(
            step=Step.BOOK,
            key="book:differs",
            sentence=f"On {len(labels):,} packages our book and METRC differ.",
            way_out="Explain or correct each difference.",
            address=f"reconciliation/{report.pk}/",
            labels=labels,
        )


def _tags(license_id: int) -> Iterator[OpenPoint]:
    doubts = tag_doubts(license_id)
    if doubts.not_listed:
        yield OpenPoint(
            step=Step.TAGS,
            key="tags:not-listed",
            sentence=f"{len(doubts.not_listed):,} tags that our ledger has as unused are not on "
            f"METRC's list of available ones, the first is {doubts.not_listed[0]}.",
            way_out="Find them: mark the spoiled ones, and correct what was imported wrongly.",
            address="takeover/",
        )
    for label in doubts.damaged_on_package:
        yield OpenPoint(
            step=Step.TAGS,
            key=f"tags:damaged-used:{label}",
            sentence=f"The tag {label} is marked as spoiled, and METRC shows it on a package.",
            way_out="Look at the goods; one of the two is wrong.",
            address=f"packages/{label}/",
            labels=(label,),
        )
    if not Tag.objects.filter(license_id=license_id, status=TagStatus.RECEIVED).exists():
        yield OpenPoint(
            step=Step.TAGS,
            key="tags:none",
            sentence="No unused tag is known, so nothing new can be packed.",
            way_out="Receive your tag rolls.",
            address="takeover/tags/",
        )


def _names(license_id: int) -> Iterator[OpenPoint]:
    for what, found in (
        ("item", unknown_items(license_id)),
        ("location", unknown_locations(license_id)),
    ):
        for one in found:
            yield OpenPoint(
                step=Step.NAMES,
                key=f"names:{what}:{one.name}",
                sentence=f"{len(one.labels):,} open packages bear the {what} {one.name}, which "
                "METRC does not list as active.",
                way_out=f"Take the {what} up again in METRC, or give the packages another one.",
                address="catalog/",
                labels=one.labels,
            )
    for person in people_to_match(license_id):
        if not person.is_matched:
            yield OpenPoint(
                step=Step.NAMES,
                key=f"names:person:{person.user_id}",
                sentence=f"Nobody has said who {person.name} is on METRC's employee list.",
                way_out="Confirm a suggestion, or that they have no METRC login.",
                address=f"takeover/people/{person.user_id}/",
            )


def _half_done(license_id: int, now: datetime) -> Iterator[OpenPoint]:
    for transfer in open_transfers(license_id, now=now):
        if transfer.is_overdue:
            yield OpenPoint(
                step=Step.HALF_DONE,
                key=f"half-done:transfer:{transfer.id}",
                sentence=f"Manifest {transfer.manifest_number} "
                f"{'from' if transfer.direction == 'INCOMING' else 'to'} {transfer.other_name} "
                "should have arrived, and METRC shows no receipt.",
                way_out="Finish it in METRC, in the old system's way.",
                address=f"transfers/{transfer.id}/",
                labels=transfer.labels,
            )


def _count(license_id: int) -> Iterator[OpenPoint]:
    counted = CountLine.objects.filter(
        license_id=license_id,
        package_id=OuterRef("package_id"),
        counted_at__isnull=False,
        session__state=CountSessionState.SIGNED,
    )
    shelf = PackageSnapshot.objects.filter(
        license_id=license_id, is_newest=True, is_finished=False, list_name__in=ON_THE_SHELF
    )
    total, left = shelf.count(), shelf.filter(~Exists(counted)).count()
    if left:
        yield OpenPoint(
            step=Step.COUNT,
            key="count:left",
            sentence=f"{left:,} of {total:,} open packages are in no signed count.",
            way_out="Count location by location, and let another person sign.",
            address="counts/new/",
        )


def _must(step: Step, key: str, sentence: str, way_out: str, address: str) -> OpenPoint:
    return OpenPoint(
        step=step,
        key=key,
        sentence=sentence,
        way_out=way_out,
        address=address,
        can_be_accepted=False,
    )
