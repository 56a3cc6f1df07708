"""A form by which a person does one thing by hand: shown, refused with what was typed, or done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_http_methods

from glassbox.queries.choices import Choices, ListOf, Option, choices, may
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound, Refused
from glassbox.web.forms.field import Field, FieldKind, Typed, read_fields
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import page
from glassbox.web.refreshing import with_fresh_goods
from glassbox.web.request import PageRequest

SPARE_ROWS = 2


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Who opened a form, at which licence, about what, and when."""

    actor: Actor
    license_id: int
    license_number: str
    zone: ZoneInfo
    subject: str
    asked: QueryDict
    now: datetime

    @property
    def number(self) -> int:
        """Return the subject as the id it is."""
        return int(self.subject)

    def who(self) -> dict[str, Any]:
        """Return what every operation is told."""
        return {"actor": self.actor, "license_id": self.license_id, "now": self.now}

    def seen(self) -> dict[str, Any]:
        """Return what every query of a licence is told."""
        return {"actor": self.actor, "license_id": self.license_id}

    def choices(self, *lists: ListOf) -> Choices:
        """Return the lists that this form offers."""
        return choices(actor=self.actor, license_id=self.license_id, lists=lists)

    @property
    def today(self) -> str:
        """Return the licence's day, as METRC's date fields want it."""
        return self.now.astimezone(self.zone).date().isoformat()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a form shows: its heading, what pressing the button does, its fields."""

    title: str
    sentence: str
    fields: tuple[Field, ...]
    facts: tuple[tuple[str, str], ...] = ()
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class ShownOnce:
    """A secret that was just made: shown on the page that answers, and never again."""

    title: str
    sentence: str
    secret: str
    place: str


@dataclass(frozen=True, kw_only=True)
class WorkForm:
    """One form. `do` does it and returns where to go, an address below the licence's own, or
    what is shown once instead."""

    button: str
    done: str
    nav: str
    permission: Permission
    sheet: Callable[[Opened], Sheet]
    do: Callable[[Opened, dict[str, Any]], str | ShownOnce]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A field with what stands in it."""

    field: Field
    value: str
    chosen: tuple[str, ...]
    rows: tuple[tuple[tuple[Field, str], ...], ...]


def work_view(form: WorkForm) -> Callable[..., HttpResponse]:
    """Return the view of a form: asked with GET, done with POST."""

    @require_http_methods(["GET", "POST"])
    def view(request: PageRequest, subject: str = "") -> HttpResponse:
        opened = _opened(request, str(subject))
        sheet = form.sheet(opened)
        refusal: Refused | None = None
        if request.method == "POST":
            typed = Typed(texts=request.POST, files=request.FILES, zone=opened.zone)
            try:
                fields = read_fields(sheet.fields, typed)
                place = with_fresh_goods(
                    request, opened.license_id, lambda: form.do(opened, fields)
                )
            except NotFound:
                raise
            except Refused as problem:
                refusal = problem
            else:
                if isinstance(place, ShownOnce):
                    return page(request, "forms/shown_once.html", {"once": place, "nav": form.nav})
                messages.success(request, form.done)
                return HttpResponseRedirect(f"/{request.scope.slug}/{place}")
        return _show(request, form, opened, sheet, refusal)

    return view


def _opened(request: PageRequest, subject: str) -> Opened:
    license = request.scope.license
    if license is None:
        raise NotFound("Choose one licence first: work is done at one.")
    return Opened(
        actor=request.actor,
        license_id=license.id,
        license_number=license.number,
        zone=ZoneInfo(license.time_zone),
        subject=subject,
        asked=request.GET,
        now=request.now,
    )


def _show(
    request: PageRequest, form: WorkForm, opened: Opened, sheet: Sheet, refusal: Refused | None
) -> HttpResponse:
    why_not = sheet.why_not
    if not may(**opened.seen(), permission=form.permission):
        words = form.permission.value.replace(".", " › ").replace("_", " ")
        why_not = f"Your role at this licence may not do this ({words})."
    typed = request.POST if request.method == "POST" else None
    return page(
        request,
        "forms/form.html",
        {
            "form": form,
            "sheet": sheet,
            "fields": tuple(_shown(field, typed) for field in sheet.fields),
            "has_file": any(field.kind is FieldKind.FILE for field in sheet.fields),
            "why_not": why_not,
            "refusal": refusal,
            "nav": form.nav,
        },
        status=refusal_status(refusal) if refusal else 200,
    )


def _shown(field: Field, typed: QueryDict | None) -> Shown:
    value = field.value if typed is None else typed.get(field.name, "")
    chosen = field.values if typed is None else tuple(typed.getlist(field.name))
    rows: tuple[tuple[tuple[Field, str], ...], ...] = ()
    if field.kind is FieldKind.ROWS:
        rows = _shown_rows(field, typed)
    if field.kind is FieldKind.HIDDEN:
        value = field.value
    if field.kind is FieldKind.SECRET:
        value, chosen = "", ()
    return Shown(field=field, value=value, chosen=chosen, rows=rows)


def _shown_rows(field: Field, typed: QueryDict | None) -> tuple[tuple[tuple[Field, str], ...], ...]:
    blank = tuple((column, column.value) for column in field.columns)
    if typed is None:
        return (blank,) * field.blank_rows
    columns = [typed.getlist(f"{field.name}-{column.name}") for column in field.columns]
    filled = [
        tuple(zip(field.columns, texts, strict=True)) for texts in zip(*columns, strict=False)
    ]
    return (*filled, *(blank,) * SPARE_ROWS)


def done_about(
    operation: Callable[..., object], subject: str, place: str
) -> Callable[[Opened, dict[str, Any]], str]:
    """Return what does an operation about the form's subject and leads back to its page.

    `subject` is the operation's name for it; `place` the page's address, such as `orders`.
    """

    def do(opened: Opened, said: dict[str, Any]) -> str:
        about = opened.subject if subject == "label" else opened.number
        operation(**opened.who(), **{subject: about}, **said)
        return f"{place}/{opened.subject}/"

    return do


def number_field(name: str, label: str, unit: str = "", **rest: Any) -> Field:
    """Return a field for an exact number with its unit."""
    return Field(name=name, label=label, kind=FieldKind.NUMBER, unit=unit, **rest)


def choice_field(name: str, label: str, options: tuple[Option, ...], **rest: Any) -> Field:
    """Return a field that chooses one of a list."""
    return Field(name=name, label=label, kind=FieldKind.CHOICE, options=options, **rest)


def scan_field(name: str, label: str, options: tuple[Option, ...], **rest: Any) -> Field:
    """Return a field for a UID: scanned, typed, or chosen among those that are suggested."""
    return Field(name=name, label=label, kind=FieldKind.SCAN, options=options, **rest)


def many_field(name: str, label: str, options: tuple[Option, ...], **rest: Any) -> Field:
    """Return a field that ticks any number of a list."""
    return Field(name=name, label=label, kind=FieldKind.MANY, options=options, **rest)


def check_field(name: str, label: str, **rest: Any) -> Field:
    """Return a field that is ticked or not."""
    return Field(name=name, label=label, kind=FieldKind.CHECK, **rest)


def reason_field(value: str = "", label: str = "Why, in your words") -> Field:
    """Return the field for the human reason that every regulated act carries."""
    return Field(name="reason", label=label, kind=FieldKind.LONG, value=value)


def options_of(*values: str) -> tuple[Option, ...]:
    """Return options whose values are their words."""
    return tuple(Option(value=value, words=value) for value in values)
