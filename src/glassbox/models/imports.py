"""Import and its rows: a sheet somebody handed in, what each row says, and what it made."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class ImportState(StrEnum):
    PREVIEWED = "PREVIEWED"
    TAKEN = "TAKEN"
    UNDONE = "UNDONE"
    DISCARDED = "DISCARDED"


class Import(TenantRow):
    """One sheet: shown first, taken over whole or in part, undone while nothing depends on it."""

    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200)
    content_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in ImportState])
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    taken_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    undone_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "imports"

    def __str__(self) -> str:
        return f"import #{self.pk} {self.kind} {self.state}"


class ImportRowState(StrEnum):
    READY = "READY"
    WRONG = "WRONG"
    KNOWN = "KNOWN"
    TAKEN = "TAKEN"
    UNDONE = "UNDONE"


class ImportRow(TenantRow):
    """One row of a sheet. `problems` are column, value and way out; `made` is what undo needs."""

    sheet = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    state = models.CharField(max_length=8, choices=[(s, s.title()) for s in ImportRowState])
    problems = models.JSONField(default=list)
    effect = models.CharField(max_length=500, blank=True)
    made = models.JSONField(default=dict)

    class Meta:
        db_table = "import_rows"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "number"], name="import_row_once"),
        ]

    def __str__(self) -> str:
        return f"import row #{self.pk} {self.state}"
