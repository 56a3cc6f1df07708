"""A rule that warns is made to block, and to warn again: by two people, from a day, for good to read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.operations import promotions
from glassbox.operations.transaction import short_transaction
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.verdicts import InvalidInput, NotFound, Severity
from tests.builders import events_of
from tests.cast import DIST, MFG, person

RULE = "CA-MF-07"
ZONE = ZoneInfo("America/Los_Angeles")


def severity(cast: Brand, on: date, at: str = MFG) -> Severity:
    with short_transaction(cast.licenses[at]) as license:
        return rules_for(license)[RULE].severity_on(on)


def ask(cast: Brand, now: datetime, who: str = "Ben", **said: Any) -> int:
    chosen = {"rule_id": RULE, "because": "Read 4 CCR 15052.1 today", **said}
    return promotions.ask_promotion(
        actor=person(cast, who), license_id=cast.licenses[MFG], now=now, **chosen
    )


def grant(cast: Brand, now: datetime, promotion_id: int, who: str = "Fay") -> None:
    promotions.grant_promotion(
        actor=person(cast, who),
        license_id=cast.licenses[MFG],
        promotion_id=promotion_id,
        now=now,
    )


def test_a_rule_blocks_from_its_day_once_a_second_person_grants_it(
    cast: Brand, frozen_now: datetime
) -> None:
    today = frozen_now.astimezone(ZONE).date()
    monday = today + timedelta(days=3)
    own = ask(cast, frozen_now, "Fay", rule_id="CA-MP-01")
    with pytest.raises(promotions.OwnPromotion):
        grant(cast, frozen_now, own)
    asked = ask(cast, frozen_now, effective_from=monday)
    assert severity(cast, monday) is Severity.WARNS
    told = events_of(cast.licenses[MFG], "rule.promotion_asked")[-1]["body"]
    assert (told["wanted"], told["effective_from"]) == ("blocks", monday.isoformat())
    with pytest.raises(promotions.NotPromotable, match="waits to be granted"):
        ask(cast, frozen_now)

    grant(cast, frozen_now, asked)

    assert severity(cast, today) is Severity.WARNS
    assert severity(cast, monday) is Severity.BLOCKS
    assert severity(cast, monday, DIST) is Severity.WARNS
    (event,) = events_of(cast.licenses[MFG], "rule.promoted")
    assert (event["prev_state"], event["new_state"]) == ("warns", "blocks")
    assert event["body"]["effective_from"] == monday.isoformat()
    with pytest.raises(promotions.NotPromotable, match="granted before"):
        grant(cast, frozen_now, asked)


def test_the_way_back_is_walked_by_two_people_too(cast: Brand, frozen_now: datetime) -> None:
    today = frozen_now.astimezone(ZONE).date()
    grant(cast, frozen_now, ask(cast, frozen_now))
    assert severity(cast, today) is Severity.BLOCKS
    with pytest.raises(promotions.NotPromotable, match="blocks already"):
        ask(cast, frozen_now)

    back = ask(cast, frozen_now, blocks=False, because="15052.1 does not say so")
    assert severity(cast, today) is Severity.BLOCKS
    grant(cast, frozen_now, back)

    assert severity(cast, today) is Severity.WARNS
    (event,) = events_of(cast.licenses[MFG], "rule.promotion_undone")
    assert (event["prev_state"], event["new_state"]) == ("blocks", "warns")
    with pytest.raises(promotions.NotPromotable, match="warns already"):
        ask(cast, frozen_now, blocks=False)


def test_a_day_that_passed_while_it_waited_is_no_day_in_the_past(
    cast: Brand, frozen_now: datetime
) -> None:
    today = frozen_now.astimezone(ZONE).date()
    asked = ask(cast, frozen_now)
    grant(cast, frozen_now + timedelta(days=2), asked)
    assert severity(cast, today + timedelta(days=1)) is Severity.WARNS
    assert severity(cast, today + timedelta(days=2)) is Severity.BLOCKS


def test_what_is_refused_changes_nothing_and_can_be_asked_again(
    cast: Brand, frozen_now: datetime
) -> None:
    today = frozen_now.astimezone(ZONE).date()
    asked = ask(cast, frozen_now)
    ending = {"license_id": cast.licenses[MFG], "promotion_id": asked, "now": frozen_now}
    with pytest.raises(InvalidInput):
        promotions.end_promotion(actor=person(cast, "Fay"), because=" ", **ending)
    promotions.end_promotion(actor=person(cast, "Fay"), because="The text is older", **ending)

    with pytest.raises(promotions.NotPromotable, match="The text is older"):
        grant(cast, frozen_now, asked)
    assert severity(cast, today) is Severity.WARNS
    assert events_of(cast.licenses[MFG], "rule.promotion_ended")[0]["body"]["promotion"] == asked
    assert ask(cast, frozen_now) != asked


def test_what_cannot_be_asked_is_refused_with_the_way_out(
    cast: Brand, frozen_now: datetime
) -> None:
    yesterday = frozen_now.astimezone(ZONE).date() - timedelta(days=1)
    with pytest.raises(InvalidInput, match="or a later day"):
        ask(cast, frozen_now, effective_from=yesterday)
    with pytest.raises(promotions.NotPromotable, match="blocks already"):
        ask(cast, frozen_now, rule_id="CA-TT-15")
    with pytest.raises(promotions.NotPromotable, match="by its pack"):
        ask(cast, frozen_now, rule_id="CA-TT-15", blocks=False)
    with pytest.raises(promotions.NotPromotable, match="counts days or informs"):
        ask(cast, frozen_now, rule_id="ALERT-API")
    with pytest.raises(promotions.NotPromotable, match="No rule pack"):
        ask(cast, frozen_now, rule_id="CA-XX-99")
    elsewhere = ask(cast, frozen_now)
    with pytest.raises(NotFound):
        promotions.grant_promotion(
            actor=person(cast, "Fay"),
            license_id=cast.licenses[DIST],
            promotion_id=elsewhere,
            now=frozen_now,
        )
