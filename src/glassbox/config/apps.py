"""GlassboxConfig: tells Django where the tables are."""

from __future__ import annotations

from django.apps import AppConfig


class GlassboxConfig(AppConfig):
    """The application that owns every table but the ledger's."""

    name = "glassbox"
    default_auto_field = "django.db.models.BigAutoField"
