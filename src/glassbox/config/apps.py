"""GlassboxConfig: tells Django where the tables are."""

from __future__ import annotations

import stamina.instrumentation
from django.apps import AppConfig


class GlassboxConfig(AppConfig):
    """The application that owns every table but the ledger's."""

    name = "glassbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep retries of reads out of the logs: every exchange is in the database already."""
        stamina.instrumentation.set_on_retry_hooks(())
