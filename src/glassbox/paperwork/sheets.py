"""The papers we make: labels, custody, release, manifests, inspections, counts, reconciliation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from glassbox.paperwork.render import qr_svg, render

LABELS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class UnitLabel:
    """What is printed on one unit. `uid` is the tag the units are packed under (corrections 12)."""

    product: str
    claim: str
    net_content: str
    batch_number: str
    uid: str
    packed_on: str
    best_before: str
    maker: str
    license_number: str
    warning: str


@dataclass(frozen=True, kw_only=True)
class CustodySheet:
    """A sample with the links of its chain of custody: when, what."""

    license: str
    sample_label: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ReleaseCertificate:
    """A signed checklist: item, what it asks, what was seen, whether it is met."""

    license: str
    package_label: str
    facts: tuple[tuple[str, str], ...]
    items: tuple[tuple[str, str, str, str], ...]
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class ManifestPacket:
    """A transfer with its packages: UID, item, quantity with unit, price; as the driver carries it."""

    license: str
    number: str
    facts: tuple[tuple[str, str], ...]
    packages: tuple[tuple[str, str, str, Decimal | None], ...]


@dataclass(frozen=True, kw_only=True)
class InspectedLabel:
    """One package on an inspector's sheet: its facts, adjustments, deliveries and last events."""

    label: str
    item: str
    facts: tuple[tuple[str, str], ...]
    adjustments: tuple[tuple[str, ...], ...]
    manifests: tuple[tuple[str, ...], ...]
    events: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class InspectionSheet:
    """What an inspector asked for. `answers` are the words that are no package: word, answer."""

    license: str
    stamp: str
    is_stale: bool
    period: str
    facts: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    labels: tuple[InspectedLabel, ...]


@dataclass(frozen=True, kw_only=True)
class ReconciliationSheet:
    """A signed comparison: UID, kind, ours, METRC's, counted, in words."""

    license: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str, str, str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class CountSheet:
    """What is to be counted: UID, item, location, unit. Blind: it bears no number of a book."""

    license: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str, str, str], ...]


def reconciliation_sheet(sheet: ReconciliationSheet, *, stamp: str) -> bytes:
    """Return the PDF of a signed comparison."""
    return render("reconciliation", asdict(sheet), stamp=stamp)


def count_sheet(sheet: CountSheet, *, stamp: str) -> bytes:
    """Return the PDF to count with on paper: a code to scan and an empty box for each package."""
    lines = [[*line, qr_svg(line[0])] for line in sheet.lines]
    return render("count_sheet", {**asdict(sheet), "lines": lines}, stamp=stamp)


def label_sheet(labels: Sequence[UnitLabel], *, stamp: str) -> bytes:
    """Return a PDF of unit labels, two in a row, each with its QR code.

    :raises ValueError: if there is none, or more than one sheet-run takes
    """
    if not 1 <= len(labels) <= LABELS_AT_MOST:
        raise ValueError(f"a run has 1 to {LABELS_AT_MOST} labels, not {len(labels)}")
    return render(
        "labels",
        {"labels": [{**asdict(label), "qr": qr_svg(label.uid)} for label in labels]},
        stamp=stamp,
    )


def custody_sheet(sheet: CustodySheet, *, stamp: str) -> bytes:
    """Return the PDF of a chain of custody, with room for the wet signatures."""
    return render("custody", {**asdict(sheet), "qr": qr_svg(sheet.sample_label)}, stamp=stamp)


def release_certificate(certificate: ReleaseCertificate, *, stamp: str) -> bytes:
    """Return the PDF of a release, with the content hash that was signed."""
    qr = qr_svg(f"{certificate.package_label} {certificate.content_sha256}")
    return render("release_certificate", {**asdict(certificate), "qr": qr}, stamp=stamp)


def manifest_packet(packet: ManifestPacket, *, stamp: str) -> bytes:
    """Return the PDF of a manifest packet, its total the exact sum of the prices in US dollars."""
    prices = [price for *_, price in packet.packages if price is not None]
    packages = [
        [label, item, amount, "" if price is None else f"{price:,.2f}"]
        for label, item, amount, price in packet.packages
    ]
    return render(
        "manifest_packet",
        {
            **asdict(packet),
            "packages": packages,
            "total": f"{len(packages)} packages, ${sum(prices, Decimal(0)):,.2f}",
            "qr": qr_svg(packet.number),
        },
        stamp=stamp,
    )


def inspection_sheet(sheet: InspectionSheet, *, stamp: str) -> bytes:
    """Return the PDF of an inspector's sheet, a compact block for each package."""
    return render("inspection", asdict(sheet), stamp=stamp)
