"""What a feed owes and how far a run is: gaps, lengths, the whole walk, steps; and hints of METRC."""

from importlib import import_module
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import glassbox.models.sync

wall = import_module("glassbox.migrations.0002_walls").wall


def own(*fields: tuple[str, Any]) -> list[tuple[str, Any]]:
    """Return the columns of a licence's table, before its own ones."""
    return [
        (
            "id",
            models.BigAutoField(
                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
            ),
        ),
        *fields,
        *(
            (
                name,
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=f"glassbox.{name}",
                ),
            )
            for name in ("company", "license")
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0013_action_guards")]

    operations = [
        migrations.AddField("syncrun", "reading", models.CharField(blank=True, max_length=60)),
        migrations.AddField("syncrun", "steps_done", models.PositiveIntegerField(default=0)),
        migrations.AddField("syncrun", "steps_planned", models.PositiveIntegerField(default=0)),
        migrations.AddField("synccursor", "rows_last_read", models.PositiveIntegerField(default=0)),
        migrations.AddField("synccursor", "gaps", models.JSONField(default=list)),
        migrations.AddField("synccursor", "total_told", models.PositiveIntegerField(null=True)),
        migrations.AddField("synccursor", "walk_began_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "PackageHint",
            own(
                ("label", models.CharField(max_length=40)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            (glassbox.models.sync.HintSource["WEBHOOK"], "Webhook"),
                            (glassbox.models.sync.HintSource["GATE"], "Gate"),
                        ],
                        max_length=10,
                    ),
                ),
                ("heard_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ),
            options={
                "db_table": "package_hints",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["license", "label"],
                        condition=models.Q(read_at__isnull=True),
                        name="package_hint_waits_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "MetrcSubscription",
            own(
                ("sealed_token", models.BinaryField()),
                ("token_sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(null=True)),
                ("is_active", models.BooleanField(default=False)),
                ("heard_at", models.DateTimeField(null=True)),
                ("heard_count", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
            ),
            options={
                "db_table": "metrc_subscriptions",
                "constraints": [
                    models.UniqueConstraint(fields=["license"], name="metrc_subscription_once")
                ],
            },
        ),
        migrations.RunSQL(
            wall("package_hints") + wall("metrc_subscriptions"), migrations.RunSQL.noop
        ),
    ]
