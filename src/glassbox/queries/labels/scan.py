"""Scan a label: everything our own database knows of it, whether or not METRC answers."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.queries.labels.load import label_sheets, usual_period
from glassbox.queries.labels.readings import metrc_readings
from glassbox.queries.labels.sheet import Period, Scanned
from glassbox.queries.labels.unknown import unknown_labels
from glassbox.rules.actor import Actor
from glassbox.rules.labels import read_labels

LABELS_AT_MOST = 200


def scan(
    *,
    actor: Actor,
    license_ids: tuple[int, ...],
    text: str,
    period: Period | None = None,
    now: datetime,
) -> Scanned:
    """Return what a scanned or pasted text shows at these licences; METRC is not asked.

    :raises InvalidInput: if it holds more than 200 words
    """
    read = read_labels(text, at_most=LABELS_AT_MOST)
    with access.reading(actor) as visible:
        wanted = tuple(one for one in license_ids if one in visible)
        readings = metrc_readings(wanted, now)
        sheets = label_sheets(wanted, read.labels, period=period, now=now)
        found = {sheet.label for sheet in sheets}
        rest = [word for word in (*read.labels, *read.not_labels) if word not in found]
        unknown = unknown_labels(wanted, visible, rest) if rest else ()
    return Scanned(
        read=read,
        readings=readings,
        sheets=sheets,
        unknown=unknown,
        period=period or usual_period(now),
    )
