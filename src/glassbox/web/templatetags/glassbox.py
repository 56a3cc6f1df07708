"""Filters for what every page shows: quantities with units, UIDs, times, chips."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from glassbox.queries.metrc_messages import plain_words
from glassbox.rules.labels import is_label
from glassbox.rules.metrc_messages import Translation
from glassbox.rules.terms import RESPONSIBILITY

register = template.Library()

UNIT_SIGNS = {
    "Each": "units",
    "Grams": "g",
    "Kilograms": "kg",
    "Milligrams": "mg",
    "Ounces": "oz",
    "Pounds": "lb",
    "Fluid Ounces": "fl oz",
    "Gallons": "gal",
    "Liters": "l",
    "Milliliters": "ml",
    "Pints": "pt",
}

ABBREVIATIONS = {"qa": "QA", "metrc": "METRC", "coa": "COA", "uid": "UID"}

CHIP_COLORS = {
    "Active": "green",
    "On hold": "red",
    "In transit": "azure",
    "Inactive": "secondary",
    "Transferred": "secondary",
    "Lab sample": "purple",
    "TestPassed": "green",
    "RetestPassed": "green",
    "TestFailed": "red",
    "RetestFailed": "red",
    "SubmittedForTesting": "yellow",
    "TestingInProgress": "yellow",
    "NotSubmitted": "secondary",
    "QA_RELEASED": "green",
    "TEST_PASSED": "teal",
    "TEST_FAILED": "red",
    "LOCAL_HOLD": "red",
    "STATE_HOLD": "red",
    "RECALLED": "red",
    "ACCEPTED": "green",
    "APPROVED": "azure",
    "IN_REVIEW": "yellow",
    "SUBMITTING": "azure",
    "UNCONFIRMED": "orange",
    "BLOCKED": "red",
    "REJECTED": "red",
    "PARTLY_REJECTED": "orange",
    "RECEIVED": "green",
    "DONE": "green",
    "RUNNING": "azure",
    "FAILED": "red",
    "FRESH": "green",
    "STALE": "orange",
    "FAILING": "red",
    "BEHIND": "azure",
    "WORKS": "green",
    "REFUSED": "red",
    "NOT_THERE": "orange",
    "OPEN": "yellow",
    "VERIFIED": "azure",
    "CONFIRMED": "azure",
    "DELIVERED": "green",
    "DEPARTED": "azure",
    "VOIDED": "secondary",
    "SENT": "green",
    "SENDING": "azure",
    "GIVEN_UP": "red",
    "Accepted": "green",
    "Rejected": "red",
    "Shipped": "azure",
    "CRITICAL": "red",
    "HIGH": "orange",
    "MEDIUM": "yellow",
    "LOW": "secondary",
    "CHANGED_OUTSIDE": "azure",
    "UNEXPLAINED": "red",
    "TIMING": "secondary",
    "READY": "azure",
    "WRONG": "red",
    "TAKEN": "green",
}


@register.simple_tag
def options(words: tuple[str, ...], chips: tuple[tuple[str, str], ...], name: str) -> SafeString:
    """Return the words as choices, those picked by a chip of the name selected."""
    # A loop of the template's own would take as long for some hundred words as the rest of a page.
    marked = ((" selected" if (name, word) in chips else "", word) for word in words)
    return format_html_join("", "<option{}>{}</option>", marked)


@register.filter
def quantity(value: Decimal | None, unit_name: str = "") -> str:
    """Return a quantity with thousands and its unit's sign, or a dash where there is none."""
    if value is None:
        return "–"
    number = f"{value.normalize():,f}"
    sign = UNIT_SIGNS.get(unit_name, unit_name)
    return f"{number} {sign}" if sign else number


@register.filter
def plain_metrc(text: str) -> tuple[Translation, ...]:
    """Return what METRC says in a text in plain words, its own words beside them."""
    return plain_words(str(text))


@register.filter
def plain(value: Decimal | None) -> str:
    """Return a number as a machine reads it: no thousands, no unit, no exponent."""
    return "" if value is None else f"{value.normalize():f}"


@register.filter
def thousands(value: int) -> str:
    """Return a count with its thousands."""
    return f"{value:,}"


@register.filter
def unit(name: str) -> str:
    """Return the sign of one of METRC's units of measure, or the name where it has none."""
    return UNIT_SIGNS.get(name, name)


@register.filter
def money(value: Decimal | None) -> str:
    """Return US dollars to the cent, or a dash."""
    return "–" if value is None else f"${value:,.2f}"


@register.filter
def words(value: str) -> str:
    """Return a stored state as words: QA_RELEASED becomes QA released."""
    text = str(value).replace("_", " ").replace("-", " ").capitalize()
    return " ".join(ABBREVIATIONS.get(word.lower(), word) for word in text.split())


@register.filter
def chip_words(value: str) -> str:
    """Return a stored state or METRC's state as words; a name as it is."""
    if value.isupper() and "_" in value:
        return words(value)
    return _spaced(value) if value.isalpha() and not value.istitle() else value


@register.filter
def chip(value: str) -> SafeString:
    """Return a state as a chip. The word carries the meaning; the colour only repeats it."""
    text = str(value)
    if not text:
        return format_html('<span class="text-secondary">{}</span>', "–")
    color = CHIP_COLORS.get(text, "secondary")
    shown = words(text) if text.isupper() else _spaced(text)
    return format_html('<span class="badge bg-{}-lt">{}</span>', color, shown)


def _spaced(text: str) -> str:
    if " " in text:
        return text
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(text))
    return spaced.strip()


@register.filter
def uid(label: str) -> SafeString:
    """Return a UID with its last eight digits large, whole on hover and for copying."""
    return format_html(
        '<span class="uid" title="{}"><span class="uid-head">{}</span>'
        '<span class="uid-tail">{}</span></span>'
        '<button type="button" class="copy" data-copy="{}" title="Copy {}">'
        '<span class="visually-hidden">Copy {}</span></button>',
        label,
        label[:-8],
        label[-8:],
        label,
        label,
        label,
    )


@register.filter
def at(moment: datetime | None, time_zone: str = "UTC") -> SafeString:
    """Return a time in the facility's zone, with UTC on hover, or a dash."""
    if moment is None:
        return format_html('<span class="text-secondary">{}</span>', "–")
    local = moment.astimezone(ZoneInfo(time_zone))
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        moment.isoformat(),
        moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d %H:%M:%S"),
        local.strftime("%b %-d, %Y %H:%M"),
    )


@register.filter
def clock_time(moment: datetime | None, time_zone: str = "UTC") -> str:
    """Return hours and minutes in the facility's zone, or "never"."""
    return moment.astimezone(ZoneInfo(time_zone)).strftime("%H:%M") if moment else "never"


@register.filter
def whole(count: int) -> str:
    """Return a count with thousands."""
    return f"{count:,}"


@register.filter
def duration(span: timedelta | None) -> str:
    """Return a span of time in its two largest units, or a dash."""
    if span is None:
        return "–"
    seconds = round(abs(span.total_seconds()))
    for size, unit_name, smaller, smaller_name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if seconds >= size:
            return f"{seconds // size} {unit_name} {seconds % size // smaller} {smaller_name}"
    return f"{seconds} s"


@register.filter
def short_hash(value: str) -> SafeString:
    """Return the first twelve characters of a hash, whole on hover."""
    return format_html('<code class="hash" title="{}">{}</code>', value, value[:12] or "–")


@register.filter
def subject(name: str) -> str:
    """Return what an event is about as people read it: a label by its end, else kind and number."""
    kind, _, rest = name.partition(":")
    if not rest:
        return name
    return f"{kind.replace('_', ' ')} {'…' + rest[-8:] if is_label(rest) else rest}"


@register.simple_tag
def responsibility() -> str:
    """Return who answers for what, as every approval and every export says it."""
    return RESPONSIBILITY
