"""The steps of the product flow and where each stands in the picture (workflow.md section 0)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepFilter(StrEnum):
    """The four filters of the mission's flow."""

    MANUFACTURING = "manufacturing"
    DISTRIBUTION = "distribution"
    QA = "qa"
    LEGAL_GATE = "legal-gate"


@dataclass(frozen=True, kw_only=True)
class StepPlace:
    """Where a step stands in the picture, and what it is called. Positions in grid cells."""

    key: str
    title: str
    lane: str
    column: int
    filters: tuple[StepFilter, ...]
    address: str
    unit: str


M = StepFilter.MANUFACTURING
D = StepFilter.DISTRIBUTION
QA = StepFilter.QA
G = StepFilter.LEGAL_GATE

PLACES = (
    StepPlace(
        key="1",
        title="Incoming material",
        lane="M",
        column=0,
        filters=(M,),
        address="transfers/incoming/",
        unit="on the way",
    ),
    StepPlace(
        key="2",
        title="Accept transfer",
        lane="M",
        column=1,
        filters=(M, G),
        address="transfers/incoming/",
        unit="to receive",
    ),
    StepPlace(
        key="3",
        title="Production batch",
        lane="M",
        column=2,
        filters=(M,),
        address="batches/",
        unit="open",
    ),
    StepPlace(
        key="4",
        title="Package & label",
        lane="M",
        column=3,
        filters=(M, G),
        address="packages/?view=awaiting-lab",
        unit="untested",
    ),
    StepPlace(
        key="5",
        title="Manifest to distribution",
        lane="M",
        column=4,
        filters=(M, D, G),
        address="transfers/outgoing/",
        unit="open",
    ),
    StepPlace(
        key="6",
        title="Distro receives",
        lane="D",
        column=0,
        filters=(D, G),
        address="transfers/incoming/",
        unit="to receive",
    ),
    StepPlace(
        key="7",
        title="Lab sample / COA",
        lane="D",
        column=1,
        filters=(D, QA, G),
        address="lab/",
        unit="without result",
    ),
    StepPlace(
        key="8",
        title="QA review",
        lane="D",
        column=2,
        filters=(QA, G),
        address="packages/?view=qa-queue",
        unit="to review",
    ),
    StepPlace(
        key="9",
        title="Sellable inventory",
        lane="D",
        column=3,
        filters=(D,),
        address="packages/?view=ready-to-ship",
        unit="released",
    ),
    StepPlace(
        key="10",
        title="Order & allocation",
        lane="D",
        column=4,
        filters=(D, G),
        address="orders/",
        unit="open",
    ),
    StepPlace(
        key="11",
        title="Manifest & dispatch",
        lane="D",
        column=5,
        filters=(D, G),
        address="transfers/outgoing/",
        unit="to dispatch",
    ),
    StepPlace(
        key="12",
        title="Retailer delivery",
        lane="D",
        column=6,
        filters=(D,),
        address="transfers/outgoing/",
        unit="on the road",
    ),
    StepPlace(
        key="7F",
        title="Failed: plan & remedy",
        lane="S",
        column=1,
        filters=(QA, M, G),
        address="packages/?view=failed",
        unit="failed",
    ),
    StepPlace(
        key="R",
        title="Hold & recall",
        lane="S",
        column=2,
        filters=(M, D, QA, G),
        address="packages/?view=on-hold",
        unit="on hold",
    ),
    StepPlace(
        key="13",
        title="Returns",
        lane="S",
        column=6,
        filters=(D, QA),
        address="packages/?view=returning",
        unit="returning",
    ),
    StepPlace(
        key="14",
        title="Destruction",
        lane="S",
        column=5,
        filters=(M, D, G),
        address="packages/?view=destruction",
        unit="waiting",
    ),
    StepPlace(
        key="15",
        title="Reconciliation",
        lane="S",
        column=3,
        filters=(M, D, QA, G),
        address="cases/",
        unit="differences",
    ),
    StepPlace(
        key="16",
        title="Close & archive",
        lane="S",
        column=4,
        filters=(M, D),
        address="batches/?state=CLOSED",
        unit="closed",
    ),
)
