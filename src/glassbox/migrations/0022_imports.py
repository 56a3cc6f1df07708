"""Sheets that people hand in: shown, taken over, undone."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import glassbox.models.imports

wall = import_module("glassbox.migrations.0002_walls").wall
TENANT_TABLES = ("imports", "import_rows")


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0021_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("file_name", models.CharField(max_length=200)),
                ("content_sha256", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (glassbox.models.imports.ImportState["PREVIEWED"], "Previewed"),
                            (glassbox.models.imports.ImportState["TAKEN"], "Taken"),
                            (glassbox.models.imports.ImportState["UNDONE"], "Undone"),
                            (glassbox.models.imports.ImportState["DISCARDED"], "Discarded"),
                        ],
                        max_length=10,
                    ),
                ),
                ("uploaded_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.license",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "imports",
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("cells", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (glassbox.models.imports.ImportRowState["READY"], "Ready"),
                            (glassbox.models.imports.ImportRowState["WRONG"], "Wrong"),
                            (glassbox.models.imports.ImportRowState["KNOWN"], "Known"),
                            (glassbox.models.imports.ImportRowState["TAKEN"], "Taken"),
                            (glassbox.models.imports.ImportRowState["UNDONE"], "Undone"),
                        ],
                        max_length=8,
                    ),
                ),
                ("problems", models.JSONField(default=list)),
                ("effect", models.CharField(blank=True, max_length=500)),
                ("made", models.JSONField(default=dict)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.license",
                    ),
                ),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="glassbox.import",
                    ),
                ),
            ],
            options={
                "db_table": "import_rows",
                "constraints": [
                    models.UniqueConstraint(fields=("sheet", "number"), name="import_row_once")
                ],
            },
        ),
        migrations.RunSQL("".join(wall(table) for table in TENANT_TABLES), migrations.RunSQL.noop),
    ]
