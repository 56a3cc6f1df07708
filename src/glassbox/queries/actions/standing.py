"""Standing: the people, rules, lanes and clock around one action, read in a single statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import JSONObject

from glassbox.models.actions import (
    ActionLane,
    ActionReview,
    GateOverride,
    RegulatedAction,
)
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import RoleGrant
from glassbox.models.sync import ApiRequest
from glassbox.queries.facility_flags import missing_flag
from glassbox.queries.rule_packs import SAID, decisions_of, granted_decisions, rules_of
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.gates.action_facts import MissingFlag
from glassbox.rules.rule_lines import Override, Rules, decided
from glassbox.rules.terms import AcceptedTerms

OVERRIDE = JSONObject(
    code=F("code"),
    subject=F("subject"),
    reason=F("reason"),
    granted_by=F("granted_by__name"),
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Hold what stands around an action apart from its goods.

    `approved_sha256` is the content of its last approval, empty if there is none;
    `reviewer_ids` are the people who reviewed exactly the content it has now.
    """

    rules: Rules
    has_grant: bool
    has_key: bool
    taken_lanes: tuple[str, ...]
    clock_difference_seconds: int | None
    approved_sha256: str
    reviewer_ids: frozenset[int]
    overrides: tuple[Override, ...]
    terms: AcceptedTerms
    missing_flag: MissingFlag | None


def standing_of(action: RegulatedAction) -> Standing:
    """Return it inside the caller's transaction; one statement."""
    here = OuterRef("pk")
    keys = MetrcCredential.objects.filter(
        license=here, user_id=action.drafted_by_id, revoked_at__isnull=True, is_for_sync=False
    )
    grants = RoleGrant.objects.filter(
        license=here, user_id=action.drafted_by_id, valid_until__isnull=True
    )
    lanes = ActionLane.objects.filter(
        license=here,
        key__in=kind_named(action.kind).lanes(action.facts),
        released_at__isnull=True,
    ).exclude(action_id=action.pk)
    heard = ApiRequest.objects.filter(license=here, metrc_clock_at__isnull=False)
    reviews = ActionReview.objects.filter(license=here, action_id=action.pk)
    decisions = granted_decisions(here)
    overrides = GateOverride.objects.filter(
        license=here, action_id=action.pk, payload_sha256=action.payload_sha256
    )
    row = (
        License.objects.filter(pk=action.license_id)
        .annotate(
            has_grant=Exists(grants),
            has_key=Exists(keys),
            lanes=ArraySubquery(lanes.values("key")),
            heard=Subquery(
                # By the order in which we heard it: a clock of ours that leapt ahead and back has
                # left answers that it holds to be from the future.
                heard.order_by("-pk").values(
                    both=JSONObject(ours=F("sent_at"), theirs=F("metrc_clock_at"))
                )[:1]
            ),
            approved=Subquery(
                reviews.filter(verdict="APPROVED").order_by("-id").values("payload_sha256")[:1]
            ),
            reviewers=ArraySubquery(
                reviews.filter(verdict="REVIEWED", payload_sha256=action.payload_sha256).values(
                    "reviewer_id"
                )
            ),
            decided=ArraySubquery(
                decisions.values(one=JSONObject(**{name: F(name) for name in SAID}))
            ),
            granted=ArraySubquery(overrides.values(one=OVERRIDE)),
        )
        .values(
            *("state", "has_grant", "has_key", "lanes", "heard", "approved", "reviewers"),
            *("decided", "granted", "company__terms_version", "company__terms_sha256"),
            "facility__flags",
        )
        .get()
    )
    return Standing(
        rules=decided(rules_of(row["state"]), decisions_of(row["decided"])),
        has_grant=row["has_grant"],
        has_key=row["has_key"],
        taken_lanes=tuple(sorted(row["lanes"])),
        clock_difference_seconds=_difference(row["heard"]),
        approved_sha256=row["approved"] or "",
        reviewer_ids=frozenset(row["reviewers"]),
        overrides=tuple(Override(**one) for one in row["granted"]),
        terms=AcceptedTerms(
            version=row["company__terms_version"], sha256=row["company__terms_sha256"]
        ),
        missing_flag=missing_flag(kind_named(action.kind).endpoint, row["facility__flags"]),
    )


def _difference(heard: Mapping[str, str] | None) -> int | None:
    if heard is None:
        return None
    ours, theirs = (datetime.fromisoformat(heard[name]) for name in ("ours", "theirs"))
    return int((ours - theirs).total_seconds())
