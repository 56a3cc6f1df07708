"""What the gates of an action look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from glassbox.rules.gates.facts import GateFacts, LicenseFacts, TagFacts
from glassbox.rules.gates.incoming import IncomingFacts
from glassbox.rules.gates.sampling import SamplingFacts
from glassbox.rules.gates.transfer_facts import TransferFacts
from glassbox.rules.quantities import Quantity


class Moment(StrEnum):
    """Name when the gates run: shown at draft, enforced at approval and at claim."""

    DRAFT = "DRAFT"
    APPROVAL = "APPROVAL"
    CLAIM = "CLAIM"


@dataclass(frozen=True, kw_only=True)
class SourceUse:
    """Hold how much of one source package an action uses."""

    label: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class MissingFlag:
    """Hold the flags of METRC's facility of which a call needs one, and that it has none of them.

    `is_guessed` says that nobody has seen METRC refuse the call for it.
    """

    names: tuple[str, ...]
    is_guessed: bool


@dataclass(frozen=True, kw_only=True)
class ActionFacts(GateFacts):
    """Hold one action and all that its gates look at.

    `approver_id` is the person approving now or who approved; `approved_sha256` is the payload
    hash the approval was given to, empty before. `clock_difference_seconds` is our clock
    against METRC's Date header, None if METRC was not heard. `license_kinds` are the kinds of
    licence the action's kind is for. `made` is what a create makes, in the unit of its sources
    where that is the same unit, else None. `reviewer_ids` reviewed this very content;
    `effect_moved` says why METRC's movement makes the effect another than drafted, and
    `moved_since_draft` what moved without doing so. `missing_flag` is None too if METRC never told
    what its facility may do. `transfer`, `sampling`, `incoming` are filled for
    the kinds that concern one.
    """

    moment: Moment
    license_kinds: frozenset[str]
    needs_other_person: bool
    drafter_id: int
    approver_id: int | None
    payload_sha256: str
    approved_sha256: str = ""
    people_needed: int = 2
    reviewer_ids: frozenset[int] = frozenset()
    effect_moved: str = ""
    moved_since_draft: tuple[str, ...] = ()
    actor_has_grant: bool = True
    drafter_has_key: bool = True
    missing_flag: MissingFlag | None = None
    counterparty: LicenseFacts | None = None
    new_tags: tuple[TagFacts, ...] = ()
    uses: tuple[SourceUse, ...] = ()
    made: Quantity | None = None
    access_is_lost: bool = False
    writing_is_on: bool = True
    terms_are_accepted: bool = True
    clock_difference_seconds: int | None = None
    taken_lanes: tuple[str, ...] = ()
    transfer: TransferFacts | None = None
    sampling: SamplingFacts | None = None
    incoming: IncomingFacts | None = None
