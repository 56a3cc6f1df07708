"""Which actions name some labels, found by index however many actions there have been."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from glassbox.models.actions import ActionLabel


def naming(license_ids: Iterable[int], labels: Collection[str]) -> Q:
    """Return the condition on an action that it names at least one of these labels."""
    named = ActionLabel.objects.filter(license_id__in=tuple(license_ids), label__in=tuple(labels))
    return Q(id__in=named.values("action"))
