"""ActionKind: all that the rest of the product needs to know about one kind of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from glassbox.rules.action_kinds.facts import Facts
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates import Gate
from glassbox.rules.gates.action_facts import ActionFacts
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity

MANUFACTURING = "MANUFACTURING"
DISTRIBUTION = "DISTRIBUTION"
BOTH = frozenset({MANUFACTURING, DISTRIBUTION})
LABORATORIES = frozenset({"LABORATORY"})


class Tier(StrEnum):
    """Name how much approval a kind needs."""

    ROUTINE = "ROUTINE"  # the drafter may approve it, if they may approve at all
    STANDARD = "STANDARD"  # somebody else approves
    HIGH = "HIGH"  # somebody else, with the right to approve what is risky


class Keying(StrEnum):
    """Name by what an effect is recognised again, and so what a second try may risk."""

    TAG = "TAG"
    NAME = "NAME"
    TARGET_VALUE = "TARGET_VALUE"
    NONE = "NONE"


# What follows when a look proves that a lost send did not happen (exactly_once.md 3.3).
RETRY_RULES: dict[Keying, str] = {
    Keying.TAG: "Sent again once a look finds that METRC does not have the tag.",
    Keying.NAME: "Sent again only after the settle window and two looks that find no new row.",
    Keying.TARGET_VALUE: "Sent again once a look finds the old value; its lane stays held until "
    "no late write can land.",
    Keying.NONE: "Sent again only after the settle window, two looks without our token, and an "
    "unchanged quantity.",
}


class ProbeVerdict(StrEnum):
    """Name what a look into METRC proves about an action."""

    APPLIED = "APPLIED"
    ABSENT = "ABSENT"
    DIFFERENT = "DIFFERENT"
    CANNOT_TELL = "CANNOT_TELL"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Hold what a reading proves, in one word and one sentence."""

    verdict: ProbeVerdict
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """Hold one read that decides: METRC's endpoint, and the label, id or name it is asked for.

    A list asked for an id is searched for that row alone, however long ago it last changed.
    """

    endpoint: str
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Hold one line of the before/after table; texts as shown, before is "-" if unknown."""

    subject: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class NewPackage:
    """Hold a package that will exist, and what it takes from which source."""

    label: str
    item_name: str
    quantity: Quantity
    sources: tuple[tuple[str, Quantity], ...]
    location_name: str = ""
    production_batch_number: str = ""
    is_production_batch: bool = False
    is_testing_sample: bool = False


@dataclass(frozen=True, kw_only=True)
class Booking:
    """Hold one movement of our own book that follows an accepted action; signed."""

    label: str
    quantity: Quantity
    cause: str  # CREATED, USED, ADJUSTED, GIVEN_BACK or RECEIPT


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Hold all that an accepted action changes, so that our book follows METRC."""

    new_packages: tuple[NewPackage, ...] = ()
    bookings: tuple[Booking, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()  # label, location
    finished_labels: tuple[str, ...] = ()
    reopened_labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AttestationField:
    """Hold one value a person attests after working in METRC's own pages."""

    name: str
    title: str
    is_required: bool = True


DONE_AT = AttestationField(name="done_at", title="When you finished it in METRC")
METRC_NOTE = AttestationField(name="note", title="Anything METRC said", is_required=False)


@dataclass(frozen=True, kw_only=True)
class Instructions:
    """Hold what a person does in METRC: the page, the steps, the values to enter in order."""

    page: str
    steps: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    attestation_fields: tuple[AttestationField, ...]


@dataclass(frozen=True, kw_only=True)
class ActionKind:
    """Hold one kind of regulated action. All callables are pure and take plain JSON facts.

    `endpoint` is METRC's method and path, with `{id}` filled from `path_values`; it is empty
    for what METRC lets only people do, which then has `instructions`. Every callable raises
    InvalidInput that names the field if the facts do not hold what this kind needs; calling
    `build_payload` once at draft is therefore the check of the facts.
    """

    name: str
    title: str
    tier: Tier
    license_kinds: frozenset[str]
    endpoint: str
    keying: Keying
    max_objects_per_send: int
    build_payload: Callable[[Facts], list[Body]]
    natural_key: Callable[[Facts], str | None]
    labels: Callable[[Facts], tuple[str, ...]]
    lanes: Callable[[Facts], tuple[str, ...]]
    effect_sentence: Callable[[Facts], str]
    before_after: Callable[[Facts, Reading | None], tuple[Change, ...]]
    expect: Callable[[Facts, Reading | None], Expectation]
    deciding_reads: Callable[[Facts], tuple[Read, ...]]
    judge_probe: Callable[[Facts, Reading | None, Reading], Judgement]
    gates: tuple[Gate[ActionFacts], ...]
    path_values: Callable[[Facts], dict[str, int]] = field(default=lambda facts: {})
    instructions: Callable[[Facts], Instructions] | None = None
    rows_field: str = ""  # the list in the facts that may be cut into several sends
    # What METRC holds now by label -> why the effect would be another than approved, or nothing.
    moved_effect: Callable[[Facts, Mapping[str, Quantity]], str] = lambda facts, now: ""

    @property
    def is_done_in_metrc(self) -> bool:
        """Return whether only a person in METRC's pages can do this."""
        return self.instructions is not None

    @property
    def needs_token(self) -> bool:
        """Return whether the effect is found again only by our token in METRC's note."""
        return self.keying is Keying.NONE

    @property
    def retry_rule(self) -> str:
        """Return when a send whose answer was lost may be sent again, as a sentence."""
        if self.is_done_in_metrc:
            return "Never sent by us: a person does it in METRC, and a look confirms it."
        return RETRY_RULES[self.keying]

    @property
    def draft_permission(self) -> Permission:
        """Return what a drafter must be allowed."""
        return Permission.ACTION_DRAFT

    @property
    def review_permission(self) -> Permission:
        """Return what a reviewer must be allowed."""
        return Permission.ACTION_REVIEW

    @property
    def approval_permission(self) -> Permission:
        """Return what an approver must be allowed."""
        if self.tier is Tier.HIGH:
            return Permission.ACTION_APPROVE_HIGH
        return Permission.ACTION_APPROVE_STANDARD

    @property
    def needs_other_person(self) -> bool:
        """Return whether the drafter may not approve their own draft (G5)."""
        return self.tier is not Tier.ROUTINE


def applied(sentence: str) -> Judgement:
    """Return the judgement that METRC has the effect."""
    return Judgement(verdict=ProbeVerdict.APPLIED, sentence=sentence)


def absent(sentence: str) -> Judgement:
    """Return the judgement that METRC does not have the effect now."""
    return Judgement(verdict=ProbeVerdict.ABSENT, sentence=sentence)


def different(sentence: str) -> Judgement:
    """Return the judgement that METRC has something else than approved."""
    return Judgement(verdict=ProbeVerdict.DIFFERENT, sentence=sentence)


def cannot_tell(sentence: str) -> Judgement:
    """Return the judgement that this look proves nothing."""
    return Judgement(verdict=ProbeVerdict.CANNOT_TELL, sentence=sentence)


def tail(label: str) -> str:
    """Return the end of a tag as people read it aloud: "…00000455"."""
    return f"…{label[-8:]}"


def package_lanes(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lanes of packages, sorted, so that two actions take them in one order."""
    return tuple(sorted(f"package:{label}" for label in set(labels)))


def no_labels(facts: Facts) -> tuple[str, ...]:
    """Return no labels: this kind touches no package."""
    return ()


def no_effect(facts: Facts, preimage: Reading | None) -> Expectation:
    """Return that our book of packages does not change."""
    return Expectation()
