"""PB-V-201 at the distributor: 4,000 cartridges, a sample of 20, a certificate, a count."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from glassbox.cli.demo_brand import Brand
from glassbox.operations.lab import certificates, review, sampling
from glassbox.operations.packages import record_count
from glassbox.operations.production.open import open_batch
from glassbox.rules.package_state import LocalState
from tests.builders import PDF, put_package, put_results, see_package
from tests.cast import DIST, LAB, MFG, person, tag

CARTS = tag(12)  # the maker's tag: it came with its manifest
SAMPLE = tag(1, DIST)
ITEM = "Blue Dream Vape Cart 1 g"
PANELS = dict.fromkeys(
    (
        *("Cannabinoids", "Foreign Material", "Heavy Metals"),
        *("Microbial Impurities", "Mycotoxins", "Residual Pesticides"),
    ),
    True,
)
TICKS = dict.fromkeys(("QA-05", "QA-06", "QA-07", "QA-08"), True)


class Story:
    """The steps of the laboratory and of quality, each a method, in their order."""

    def __init__(self, brand: Brand, now: datetime) -> None:
        self.brand, self.now, self.license_id = brand, now, brand.licenses[DIST]
        self.eve = person(brand, "Eve")

    def make_batch(self) -> None:
        put_package(self.brand.licenses[MFG], tag(10), 8400, now=self.now, item="Distillate")
        open_batch(
            actor=person(self.brand, "Ana"),
            license_id=self.brand.licenses[MFG],
            number="PB-V-201",
            product=ITEM,
            process="filling",
            protocol_version="V-7",
            planned_quantity=Decimal(4000),
            unit="Each",
            planned_inputs=[{"label": tag(10), "quantity": "3731", "unit": "Grams"}],
            label_claim_mg=Decimal(856),
            now=self.now,
        )

    def receive(self, quantity: int = 4000, label: str = CARTS) -> None:
        put_package(
            self.license_id,
            label,
            quantity,
            now=self.now,
            unit="Each",
            item=ITEM,
            batch_number="PB-V-201",
            local_state=LocalState.DIST_QUARANTINE,
        )

    def plan(self, **changes: Any) -> int:
        return sampling.plan_sample(
            **{
                "actor": self.eve,
                "license_id": self.license_id,
                "label": SAMPLE,
                "source_labels": [CARTS],
                "sample_quantity": Decimal(20),
                "unit": "Each",
                "laboratory_license_number": LAB,
                "sampled_by": "Lou of Clear Creek",
                "is_final_form": True,
                "is_labelled": True,
                "now": self.now,
                **changes,
            }
        )

    def take(self, sample_id: int) -> None:
        sampling.mark_sample_taken(
            actor=self.eve,
            license_id=self.license_id,
            sample_id=sample_id,
            video_reference="CAM-3 10:02",
            now=self.now,
        )

    def file_certificate(self, sample_id: int, **changes: Any) -> int:
        return certificates.file_coa(
            **{
                "actor": self.eve,
                "license_id": self.license_id,
                "sample_id": sample_id,
                "content": PDF,
                "file_name": "COA-849.pdf",
                "certificate_number": "CC-2026-849",
                "laboratory_license_number": LAB,
                "production_batch_number": "PB-V-201",
                "sample_label": SAMPLE,
                "issued_date": (self.now - timedelta(days=3)).date(),
                "passed": True,
                "panels": PANELS,
                "thc_mg_per_unit": Decimal(849),
                "now": self.now,
                **changes,
            }
        )

    def show_result(self, lab_state: str = "TestPassed", quantity: int = 3980) -> None:
        see_package(
            self.license_id, CARTS, now=self.now, quantity=Decimal(quantity), lab_state=lab_state
        )
        put_results(self.license_id, CARTS, PANELS, now=self.now)

    def count(self, units: int = 3980, label: str = CARTS) -> None:
        record_count(
            actor=person(self.brand, "Dee"),
            license_id=self.license_id,
            label=label,
            counted=Decimal(units),
            unit="Each",
            purpose="RELEASE",
            now=self.now,
        )

    def up_to_the_review(self) -> int:
        """Do everything before the review, and return the sample's id."""
        self.make_batch()
        self.receive()
        sample_id = self.plan()
        self.take(sample_id)
        self.file_certificate(sample_id)
        self.show_result()
        self.count()
        return sample_id

    def release(self, **changes: Any) -> int:
        return review.review_package(
            **{
                "actor": self.eve,
                "license_id": self.license_id,
                "label": CARTS,
                "verdict": "RELEASED",
                "ticks": TICKS,
                "reason": "All fourteen items are met",
                "label_batch_number": "PB-V-201",
                "now": self.now,
                **changes,
            }
        )
