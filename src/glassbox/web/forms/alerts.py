"""Forms of alerts: how a person is told, a new webhook, a date to be reminded of."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from glassbox.operations.alerts.dates import NOT_ENTERED, settle_date, watch_date
from glassbox.operations.alerts.settings import set_alert_settings
from glassbox.operations.alerts.webhooks import add_webhook
from glassbox.queries.alerts import settings_page
from glassbox.queries.choices import Option
from glassbox.rules.alert_facts import WatchedKind
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    reason_field,
)

HOURS = tuple(Option(value=str(hour), words=f"{hour:02d}:00") for hour in range(24))
KIND_WORDS = {
    WatchedKind.METRC_KEY: "METRC key runs out",
    WatchedKind.DRIVER: "Driver's licence runs out",
    WatchedKind.VEHICLE: "Vehicle's registration runs out",
    WatchedKind.INSURANCE: "Insurance runs out",
    WatchedKind.TAGS_ARRIVED: "Tags have arrived",
}


def _settings_sheet(opened: Opened) -> Sheet:
    mine = settings_page(**opened.seen())
    colleagues = tuple(Option(value=str(number), words=name) for number, name in mine.colleagues)
    mail = "is set up" if mine.mail_is_set_up else "is not set up here: mail waits until it is"
    return Sheet(
        title="How you are told of alerts",
        sentence="Mail brings what is high or critical, and what is yours. Quiet hours hold mail "
        "back, but never what is critical or due before they end. While you are away your deputy "
        "is told instead of you.",
        facts=(("To", mine.email or "nobody"), ("Mail", mail)),
        fields=(
            _mail_field(mine.is_mail_on),
            _time_field("quiet_from", "Quiet from", mine.quiet_from),
            _time_field("quiet_until", "Quiet until", mine.quiet_until),
            choice_field(
                "digest_hour",
                "One digest a day at",
                HOURS,
                value="" if mine.digest_hour is None else str(mine.digest_hour),
                is_optional=True,
            ),
            choice_field(
                "deputy",
                "Deputy",
                colleagues,
                value=str(mine.deputy_id or ""),
                is_optional=True,
            ),
            _day_field("away_from", "Away from", mine.away_from),
            _day_field("away_until", "Away until", mine.away_until),
        ),
    )


def _mail_field(is_on: bool) -> Field:
    return choice_field(
        "mail",
        "Mail",
        (Option(value="on", words="Send me mail"), Option(value="off", words="No mail")),
        value="on" if is_on else "off",
    )


def _time_field(name: str, label: str, value: time | None) -> Field:
    return Field(
        name=name,
        label=label,
        value=value.strftime("%H:%M") if value else "",
        hint="As 22:00, in the licence's time zone",
        is_optional=True,
    )


def _day_field(name: str, label: str, value: date | None) -> Field:
    return Field(
        name=name,
        label=label,
        kind=FieldKind.DATE,
        value=value.isoformat() if value else "",
        is_optional=True,
    )


def _set(opened: Opened, said: dict[str, Any]) -> str:
    set_alert_settings(
        **opened.who(),
        is_mail_on=said["mail"] == "on",
        quiet_from=_time(said["quiet_from"], "Quiet from"),
        quiet_until=_time(said["quiet_until"], "Quiet until"),
        deputy_id=int(said["deputy"]) if said["deputy"] else None,
        away_from=said["away_from"],
        away_until=said["away_until"],
        digest_hour=int(said["digest_hour"]) if said["digest_hour"] else None,
    )
    return "alerts/settings/"


def _time(text: str, label: str) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise InvalidInput(field=label, value=text, way_out="Give a time as 22:00.") from None


BOTH = "alerts and settled actions"
# What a webhook is told of: alerts, actions.
TELLS = {BOTH: (True, True), "alerts": (True, False), "settled actions": (False, True)}


def _webhook_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Add a webhook",
        sentence="It is told of every alert of this licence, of every action that is settled, or of "
        "both, signed with the secret. The secret is sealed and never shown again; docs/api.md says "
        "how to check the signature.",
        fields=(
            Field(name="url", label="Address", hint="Begins with https://"),
            choice_field(
                "tells",
                "Told of",
                tuple(Option(value=words, words=words) for words in TELLS),
                value=BOTH,
            ),
            Field(
                name="secret",
                label="Secret",
                kind=FieldKind.SECRET,
                hint="At least 16 characters",
            ),
        ),
    )


def _add_webhook(opened: Opened, said: dict[str, Any]) -> str:
    tells_alerts, tells_actions = TELLS[said["tells"]]
    add_webhook(
        **opened.who(),
        url=said["url"],
        secret=said["secret"],
        tells_alerts=tells_alerts,
        tells_actions=tells_actions,
    )
    return "alerts/channels/"


def _date_sheet(opened: Opened) -> Sheet:
    options = tuple(
        Option(value=kind.value, words=words)
        for kind, words in KIND_WORDS.items()
        if kind not in NOT_ENTERED
    )
    return Sheet(
        title="Be reminded of a date",
        sentence="METRC does not tell when these run out. Alerts come 30, 7 and 1 days before; the "
        "receipt of tags is due 3 days after they came.",
        fields=(
            choice_field("kind", "What", options),
            Field(name="what", label="Whose or which"),
            Field(
                name="day",
                label="Day",
                kind=FieldKind.DATE,
                hint="The last day it holds; of tags, the day they came",
            ),
        ),
    )


def _watch(opened: Opened, said: dict[str, Any]) -> str:
    watch_date(**opened.who(), **said)
    return "alerts/channels/"


def _settle_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Settle a date",
        sentence="Nobody is reminded of it any more. If it was renewed, enter the new date too.",
        fields=(reason_field("", "What was done"),),
    )


def _settle(opened: Opened, said: dict[str, Any]) -> str:
    settle_date(**opened.who(), date_id=opened.number, reason=said["reason"])
    return "alerts/channels/"


SETTINGS = WorkForm(
    button="Save",
    done="Saved.",
    nav="alerts",
    permission=Permission.ALERT_TAKE,
    sheet=_settings_sheet,
    do=_set,
)
NEW_WEBHOOK = WorkForm(
    button="Add it",
    done="It is told from now on.",
    nav="alerts",
    permission=Permission.ALERT_MANAGE,
    sheet=_webhook_sheet,
    do=_add_webhook,
)
NEW_DATE = WorkForm(
    button="Remind us",
    done="It is watched.",
    nav="alerts",
    permission=Permission.ALERT_TAKE,
    sheet=_date_sheet,
    do=_watch,
)
DATE_SETTLING = WorkForm(
    button="Settle it",
    done="It is settled.",
    nav="alerts",
    permission=Permission.ALERT_TAKE,
    sheet=_settle_sheet,
    do=_settle,
)
