"""Says whether a model has changed without a migration, or two follow the same one. Needs no database."""

from __future__ import annotations

import os
import sys

import django
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState


def main() -> int:
    """Compare the models with the migrations; exit 1 if one is missing or they have two ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glassbox.config.settings")
    django.setup()
    loader = MigrationLoader(None)
    forked = loader.detect_conflicts()
    for label, names in forked.items():
        sys.stderr.write(
            f"{label}: {' and '.join(sorted(names))} follow the same migration. Number one of them "
            "after the other.\n"
        )
    if forked:
        return 1
    found = MigrationAutodetector(
        loader.project_state(),
        ProjectState.from_apps(apps),
        NonInteractiveMigrationQuestioner(specified_apps={"glassbox", "audit"}),
    ).changes(graph=loader.graph, trim_to_apps={"glassbox", "audit"})
    for label, migrations in found.items():
        for migration in migrations:
            for operation in migration.operations:
                sys.stderr.write(f"{label}: {operation.describe()}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
