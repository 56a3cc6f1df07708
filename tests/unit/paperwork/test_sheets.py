"""The papers say what they were given, exactly, and nothing in them is read as markup."""

from __future__ import annotations

from decimal import Decimal

import pypdfium2
import pytest

from glassbox.paperwork.sheets import (
    CustodySheet,
    ManifestPacket,
    ReleaseCertificate,
    UnitLabel,
    custody_sheet,
    label_sheet,
    manifest_packet,
    release_certificate,
)

UID = "1A4060300000001000000012"
STAMP = "Ledger of C11-9990001-LIC: goldenpoppy.example/audit/dev/ab/2026, 7 entries, root 00ff."


def text_of(pdf: bytes) -> str:
    """The words of a PDF, all white space made one blank."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [
            document[number].get_textpage().get_text_bounded() for number in range(len(document))
        ]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def label(**changes: str) -> UnitLabel:
    return UnitLabel(
        **{
            "product": "Blue Dream Vape Cart 1 g",
            "claim": "THC 856 mg",
            "net_content": "1 g",
            "batch_number": "PB-V-201",
            "uid": UID,
            "packed_on": "2026-11-03",
            "best_before": "",
            "maker": "Golden Poppy Manufacturing",
            "license_number": "CDPH-19990001",
            "warning": "GOVERNMENT WARNING",
            **changes,
        }
    )


def test_a_label_carries_its_uid_batch_and_claim() -> None:
    text = text_of(label_sheet([label()], stamp=STAMP))

    for words in (UID, "PB-V-201", "THC 856 mg", "CDPH-19990001", STAMP):
        assert words in text


def test_a_product_name_is_never_markup() -> None:
    name = '#import "x" *bold* $x^2$ [a] <b> \\ "q"'

    assert name in text_of(label_sheet([label(product=name)], stamp=STAMP))


def test_a_run_of_labels_is_bounded() -> None:
    with pytest.raises(ValueError, match="1 to 200"):
        label_sheet([], stamp=STAMP)
    with pytest.raises(ValueError, match="not 201"):
        label_sheet([label()] * 201, stamp=STAMP)


def test_a_chain_of_custody_lists_every_link() -> None:
    text = text_of(
        custody_sheet(
            CustodySheet(
                license="C11-9990001-LIC",
                sample_label=UID,
                facts=(("Sample", UID), ("Batch", "PB-V-201")),
                links=(("09:10", "Lou drew the sample"), ("09:40", "Handed to Lou, seal S-1")),
            ),
            stamp=STAMP,
        )
    )

    assert "Lou drew the sample" in text
    assert "seal S-1" in text


def test_a_release_shows_every_item_and_the_hash_that_was_signed() -> None:
    items = tuple((f"QA-{n:02d}", f"Question {n}", f"Seen {n}", "yes") for n in range(1, 15))

    text = text_of(
        release_certificate(
            ReleaseCertificate(
                license="C11-9990001-LIC",
                package_label=UID,
                facts=(("Batch", "PB-V-201"),),
                items=items,
                content_sha256="ab" * 32,
            ),
            stamp=STAMP,
        )
    )

    assert all(f"QA-{n:02d}" in text for n in range(1, 15))
    assert "ab" * 32 in text.replace(" ", "")


def test_a_packet_adds_its_prices_to_the_cent() -> None:
    packages = tuple((UID, "Cart", "240 units", Decimal("2760.10")) for _ in range(5))

    text = text_of(
        manifest_packet(
            ManifestPacket(
                license="C11-9990001-LIC",
                number="0000000042",
                facts=(("To", "C10-9990001-LIC"),),
                packages=(*packages, (UID, "Sample", "20 units", None)),
            ),
            stamp=STAMP,
        )
    )

    assert "Total: 6 packages, $13,800.50" in text
