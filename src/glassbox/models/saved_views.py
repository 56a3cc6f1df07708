"""SavedView: an address of a grid that a person named, for themselves or for everybody here."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User
from glassbox.rules.saved_views import NAME_AT_MOST, QUERY_AT_MOST, Grid


class SavedView(TenantRow):
    """A view of a grid, kept as the query of its address.

    A default view is what the grid opens with: a private one for its owner, a team's one for
    everybody at the licence who has none of their own.
    """

    grid = models.CharField(max_length=20, choices=[(one.value, one.title()) for one in Grid])
    name = models.CharField(max_length=NAME_AT_MOST)
    query = models.CharField(max_length=QUERY_AT_MOST)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_team = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "saved_views"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "grid", "owner", "name"],
                condition=models.Q(is_team=False),
                name="private_view_named_once",
            ),
            models.UniqueConstraint(
                fields=["license", "grid", "name"],
                condition=models.Q(is_team=True),
                name="team_view_named_once",
            ),
            models.UniqueConstraint(
                fields=["license", "grid", "owner"],
                condition=models.Q(is_team=False, is_default=True),
                name="private_view_one_default",
            ),
            models.UniqueConstraint(
                fields=["license", "grid"],
                condition=models.Q(is_team=True, is_default=True),
                name="team_view_one_default",
            ),
        ]

    def __str__(self) -> str:
        return f"view #{self.pk} {self.name}"
