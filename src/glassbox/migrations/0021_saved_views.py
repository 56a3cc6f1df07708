"""Views of grids that people save by name, for themselves or for the team of a licence."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

wall = import_module("glassbox.migrations.0002_walls").wall


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0020_action_labels"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "grid",
                    models.CharField(
                        choices=[("packages", "Packages"), ("actions", "Actions")], max_length=20
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=2000)),
                ("is_team", models.BooleanField(default=False)),
                ("is_default", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField()),
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
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "saved_views",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_team", False)),
                        fields=("license", "grid", "owner", "name"),
                        name="private_view_named_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_team", True)),
                        fields=("license", "grid", "name"),
                        name="team_view_named_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True), ("is_team", False)),
                        fields=("license", "grid", "owner"),
                        name="private_view_one_default",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True), ("is_team", True)),
                        fields=("license", "grid"),
                        name="team_view_one_default",
                    ),
                ],
            },
        ),
        migrations.RunSQL(wall("saved_views"), migrations.RunSQL.noop),
    ]
