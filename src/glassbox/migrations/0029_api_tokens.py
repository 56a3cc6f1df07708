"""Tokens of the API and the keys of its writes, behind the walls of their licence."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from glassbox.migrations._walls import wall

TABLES = ("api_tokens", "api_request_keys")


def _id() -> "models.BigAutoField[int, int]":
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def _to(model: str, *, null: bool = False) -> "models.ForeignKey[models.Model, models.Model]":
    return models.ForeignKey(
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=model,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0028_sign_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", _id()),
                ("name", models.CharField(max_length=60)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("last_four", models.CharField(max_length=4)),
                ("scopes", models.JSONField()),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("window_at", models.DateTimeField(null=True)),
                ("window_calls", models.PositiveIntegerField(default=0)),
                ("company", _to("glassbox.company")),
                ("license", _to("glassbox.license")),
                ("revoked_by", _to(settings.AUTH_USER_MODEL, null=True)),
                ("user", _to(settings.AUTH_USER_MODEL)),
            ],
            options={"db_table": "api_tokens"},
        ),
        migrations.CreateModel(
            name="ApiRequestKey",
            fields=[
                ("id", _id()),
                ("key", models.CharField(max_length=100)),
                ("request_sha256", models.CharField(max_length=64)),
                ("action_ids", models.JSONField(default=list)),
                ("used_at", models.DateTimeField()),
                ("company", _to("glassbox.company")),
                ("license", _to("glassbox.license")),
                ("token", _to("glassbox.apitoken")),
            ],
            options={"db_table": "api_request_keys"},
        ),
        migrations.AddConstraint(
            "apitoken",
            models.CheckConstraint(
                condition=models.Q(("valid_until__gt", models.F("valid_from"))),
                name="api_token_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            "apirequestkey",
            models.UniqueConstraint(fields=("token", "key"), name="api_request_key_used_once"),
        ),
        *(migrations.RunSQL(wall(table), migrations.RunSQL.noop) for table in TABLES),
    ]
