"""What became of a pasted column of UIDs: nothing is dropped without a word."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox import access
from glassbox.models.packages import Package
from glassbox.queries.labels.sheet import UnknownLabel
from glassbox.queries.labels.unknown import unknown_labels
from glassbox.rules.actor import Actor
from glassbox.rules.labels import ReadLabels

PASTED_LABELS_AT_MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class PastedLabels:
    """Pasted words by what they are, each list in the order it was pasted."""

    found: tuple[str, ...]
    not_ours: tuple[UnknownLabel, ...]
    unknown: tuple[UnknownLabel, ...]
    not_tags: tuple[str, ...]
    duplicates: tuple[str, ...]


def pasted_labels(*, actor: Actor, license_ids: tuple[int, ...], read: ReadLabels) -> PastedLabels:
    """Sort pasted words into packages here, others', unknown, no tag at all, and repeated."""
    with access.reading(actor) as visible:
        here = tuple(one for one in license_ids if one in visible)
        known = set(
            Package.objects.filter(license_id__in=here, label__in=read.labels).values_list(
                "label", flat=True
            )
        )
        rest = [label for label in read.labels if label not in known]
        others = unknown_labels(here, visible, rest) if rest else ()
    return PastedLabels(
        found=tuple(label for label in read.labels if label in known),
        not_ours=tuple(one for one in others if one.is_not_ours),
        unknown=tuple(one for one in others if not one.is_not_ours),
        not_tags=read.not_labels,
        duplicates=read.duplicates,
    )
