"""Gathers what gates look at: licences, packages, transfers out, deliveries in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import OuterRef, Subquery

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.models.catalog import Counterparty
from glassbox.models.companies import License
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Hold, Package
from glassbox.models.transfers import Transfer, TransferPackage, TransferState
from glassbox.queries.action_labels import naming
from glassbox.queries.books import metrc_state
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.queries.packages.rows import with_metrc
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.action_lifecycle import UNRESOLVED
from glassbox.rules.actor import Actor
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.facts import GateFacts, LicenseFacts, PackageFacts
from glassbox.rules.gates.incoming import IncomingFacts, IncomingLine
from glassbox.rules.gates.packages import PACKAGE_GATES
from glassbox.rules.gates.transfer_facts import CrewFacts, TransferFacts, TransferLine
from glassbox.rules.incoming import IncomingVerdict
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.quantities import quantity
from glassbox.rules.rule_lines import Rules
from glassbox.rules.verdicts import Finding, NotFound

ANCESTOR_STEPS_AT_MOST = 12
OPEN_TRANSFERS = (
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
    TransferState.REGISTERED,
    TransferState.DEPARTED,
)


def package_gates(
    *, actor: Actor, license_ids: tuple[int, ...], label: str, now: datetime
) -> tuple[Finding, ...]:
    """Return why a package can not move now, every reason at once; empty if it can.

    :raises NotFound: if none of these licences has held it
    """
    with access.reading(actor):
        package = (
            Package.objects.filter(license_id__in=license_ids, label=label)
            .select_related("license")
            .order_by("-opened_at")
            .first()
        )
        if package is None:
            raise NotFound(f"There is no package {label} here.")
        facts = GateFacts(
            acting=license_facts(package.license),
            packages=package_facts(package.license_id, [label]),
            checked_at=now,
            rules=rules_for(package.license),
        )
    return run_gates(PACKAGE_GATES, facts)


def license_facts(license: License) -> LicenseFacts:
    """Return our own licence as the gates know it."""
    return LicenseFacts(number=license.number, kind=license.kind, is_active=license.is_active)


def counterparty_facts(license: License, number: str) -> LicenseFacts:
    """Return another licensee; one we have never checked counts as not active."""
    return counterparties(license, (number,))[number]


def counterparties(license: License, numbers: Iterable[str]) -> dict[str, LicenseFacts]:
    """Return other licensees by number, in one statement."""
    wanted = set(numbers)
    rows = {
        row.license_number: row
        for row in Counterparty.objects.filter(license=license, license_number__in=wanted)
    }

    def facts_of(number: str) -> LicenseFacts:
        row = rows.get(number)
        if number == license.number:
            return license_facts(license)
        if row is None:
            return LicenseFacts(number=number or "(none)", kind="UNKNOWN", is_active=False)
        return LicenseFacts(
            number=row.license_number,
            kind=row.kind,
            is_active=row.is_active,
            checked_at=row.checked_at,
        )

    return {number: facts_of(number) for number in wanted}


def package_facts(
    license_id: int, labels: Iterable[str], *, besides_action_id: int | None = None
) -> tuple[PackageFacts, ...]:
    """Return METRC's newest word and our book of each package; a label never seen is kept too.

    Five statements, however many packages there are.
    """
    wanted = tuple(dict.fromkeys(labels))
    holds = Hold.objects.filter(package=OuterRef("pk"), lifted_at__isnull=True)
    found = {
        package.label: package
        for package in with_metrc(
            Package.objects.filter(license_id=license_id, label__in=wanted)
        ).annotate(hold_reason=Subquery(holds.values("reason")[:1]))
    }
    doubts = _doubts(license_id, wanted, besides_action_id)
    held = _held_ancestors(license_id, wanted)
    as_of = packages_as_of((license_id,))
    return tuple(_package_facts(label, found.get(label), as_of, doubts, held) for label in wanted)


def _package_facts(
    label: str,
    package: Package | None,
    as_of: PackagesAsOf,
    doubts: dict[str, tuple[int, ...]],
    held: dict[str, tuple[str, ...]],
) -> PackageFacts:
    row = package.__dict__ if package else {}
    is_seen = package is not None and row["metrc_list"] is not None
    # What has left us is another licence's package now: not ours to use.
    is_ours = is_seen and row["metrc_list"] != PackageList.TRANSFERRED
    return PackageFacts(
        label=label,
        metrc=metrc_state(package, as_of) if package is not None and is_ours else None,
        local_state=LocalState(package.local_state) if package else LocalState.UNKNOWN,
        our_quantity=quantity(row["our_quantity"], package.unit) if package else None,
        local_hold_reason=row.get("hold_reason") or "",
        held_ancestors=held.get(label, ()),
        unresolved_action_ids=doubts.get(label, ()),
    )


def _doubts(
    license_id: int, labels: tuple[str, ...], besides_action_id: int | None
) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    actions = RegulatedAction.objects.filter(
        naming([license_id], labels), license_id=license_id, state__in=UNRESOLVED
    )
    for action_id, touched in actions.exclude(id=besides_action_id or 0).values_list(
        "id", "labels"
    ):
        for label in touched:
            found[label] = (*found.get(label, ()), action_id)
    return found


_HELD_ANCESTORS = """
    WITH RECURSIVE above (start, label, steps) AS (
        SELECT label, label, 0 FROM unnest(%(labels)s::text[]) AS label
        UNION
        SELECT above.start, arrow.parent_label, above.steps + 1
        FROM above JOIN package_lineage AS arrow
            ON arrow.license_id = %(license)s AND arrow.child_label = above.label
        WHERE above.steps < %(steps)s
    )
    SELECT DISTINCT above.start, above.label
    FROM above
    JOIN packages ON packages.license_id = %(license)s AND packages.label = above.label
    JOIN package_snapshots AS newest
        ON newest.package_id = packages.id AND newest.is_newest AND newest.is_on_hold
    WHERE above.label <> above.start
"""


def _held_ancestors(license_id: int, labels: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD_ANCESTORS,
            {"labels": list(labels), "license": license_id, "steps": ANCESTOR_STEPS_AT_MOST},
        )
        for label, ancestor in sorted(cursor.fetchall()):
            found[label] = (*found.get(label, ()), ancestor)
    return found


def transfer_facts(
    license: License,
    transfer: Transfer,
    now: datetime,
    *,
    rules: Rules | None = None,
    packages: tuple[PackageFacts, ...] | None = None,
    others: Mapping[str, LicenseFacts] | None = None,
) -> TransferFacts:
    """Return all that the gates of an outgoing transfer look at.

    What the caller has read already is not read again: the rules in force, the goods, and the
    other licensees by number.
    """
    rows = list(transfer.packages.order_by("label"))
    labels = [row.label for row in rows]
    departs = transfer.departs_at or now
    arrives = transfer.arrives_at or departs
    receiver, carrier = transfer.receiver_license_number, transfer.transporter_license_number
    goods = package_facts(license.pk, labels) if packages is None else packages
    known = counterparties(license, (receiver, carrier)) if others is None else others
    driver, vehicle = _crew(transfer)
    return TransferFacts(
        acting=license_facts(license),
        packages=goods,
        checked_at=now,
        rules=rules_for(license) if rules is None else rules,
        destination=known[receiver],
        transporter=known[carrier],
        transfer_type=transfer.transfer_type,
        lines=_transfer_lines(license, transfer, rows, goods),
        invoice_number=transfer.invoice_number,
        driver=driver,
        vehicle=vehicle,
        departs_at=departs,
        arrives_at=arrives,
        delivery_date=arrives.astimezone(ZoneInfo(license.time_zone)).date(),
        access_is_lost=license.access_lost_at is not None,
    )


def _crew(transfer: Transfer) -> tuple[CrewFacts | None, CrewFacts | None]:
    """Return driver and vehicle, in one statement."""
    driver, drives, plate, runs = (
        Transfer.objects.filter(pk=transfer.pk)
        .values_list("driver__name", "driver__is_active", "vehicle__plate", "vehicle__is_active")
        .get()
    )
    return (
        None if driver is None else CrewFacts(name=driver, is_on_file=True, is_active=drives),
        None if plate is None else CrewFacts(name=plate, is_on_file=True, is_active=runs),
    )


def _transfer_lines(
    license: License,
    transfer: Transfer,
    rows: list[TransferPackage],
    goods: tuple[PackageFacts, ...],
) -> tuple[TransferLine, ...]:
    labels = [row.label for row in rows]
    samples = {one.label for one in goods if one.local_state is LocalState.SAMPLED}
    issued_on = dict(
        QaReview.objects.filter(
            license=license,
            package__label__in=labels,
            verdict=QaVerdict.RELEASED,
            revoked_at__isnull=True,
        ).values_list("package__label", "certificate__issued_date")
    )
    elsewhere = dict(
        TransferPackage.objects.filter(
            license=license,
            label__in=labels,
            transfer__state__in=OPEN_TRANSFERS,
            transfer__direction="OUTGOING",
        )
        .exclude(transfer=transfer)
        .values_list("label", "transfer__manifest_number")
    )
    return tuple(
        TransferLine(
            label=row.label,
            planned_quantity=quantity(row.shipped_quantity, row.unit)
            if isinstance(row.shipped_quantity, Decimal) and row.unit
            else None,
            is_released=row.label in issued_on,
            is_testing_sample=row.label in samples,
            wholesale_price=row.wholesale_price,
            certificate_issued_on=issued_on.get(row.label),
            other_transfer=elsewhere[row.label] or "another plan" if row.label in elsewhere else "",
        )
        for row in rows
    )


def incoming_facts(
    license: License, transfer: Transfer, now: datetime, *, rules: Rules | None = None
) -> IncomingFacts:
    """Return all that the gates of a delivery at the door look at."""
    rows = list(transfer.packages.order_by("label"))
    return IncomingFacts(
        acting=license_facts(license),
        packages=(),
        checked_at=now,
        rules=rules_for(license) if rules is None else rules,
        manifest_number=transfer.manifest_number,
        shipper=counterparty_facts(license, transfer.shipper_license_number),
        transporter=None,
        lines=tuple(_incoming_line(row) for row in rows),
        scanned_labels=frozenset(row.label for row in rows if row.found_at is not None),
    )


def _incoming_line(row: TransferPackage) -> IncomingLine:
    found = quantity(row.found_quantity, row.unit) if row.found_quantity is not None else None
    verdict = IncomingVerdict(row.verdict) if row.verdict else None
    return IncomingLine(
        label=row.label,
        shipped=quantity(row.shipped_quantity or Decimal(0), row.unit),
        found=found,
        verdict=verdict,
        received=found if verdict is IncomingVerdict.ACCEPT else None,
        reject_reason=row.verdict_reason,
    )
