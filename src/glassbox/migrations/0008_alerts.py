"""Alerts with their deliveries and settings, webhooks, watched dates, and losses of access."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import glassbox.models.alerts

wall = import_module("glassbox.migrations.0002_walls").wall
TENANT_TABLES = (
    "access_losses",
    "alert_deliveries",
    "alert_delivery_attempts",
    "alert_settings",
    "alert_watches",
    "alert_webhooks",
    "alerts",
    "watched_dates",
)


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0007_finding"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fact_key", models.CharField(max_length=200)),
                ("stage", models.CharField(max_length=20)),
                ("severity", models.CharField(max_length=10)),
                ("title", models.CharField(max_length=300)),
                ("what_to_do", models.TextField()),
                ("rule_id", models.CharField(blank=True, max_length=40)),
                (
                    "address",
                    models.CharField(help_text="Below the licence's own address.", max_length=200),
                ),
                ("raised_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "alerts",
            },
        ),
        migrations.CreateModel(
            name="AlertDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest_of", models.DateField(null=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            (glassbox.models.alerts.DeliveryChannel["MAIL"], "Mail"),
                            (glassbox.models.alerts.DeliveryChannel["WEBHOOK"], "Webhook"),
                        ],
                        max_length=10,
                    ),
                ),
                ("recipient", models.CharField(max_length=500)),
                ("public_id", models.UUIDField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (glassbox.models.alerts.DeliveryState["WAITING"], "Waiting"),
                            (glassbox.models.alerts.DeliveryState["SENDING"], "Sending"),
                            (glassbox.models.alerts.DeliveryState["SENT"], "Sent"),
                            (glassbox.models.alerts.DeliveryState["GIVEN_UP"], "Given_Up"),
                            (glassbox.models.alerts.DeliveryState["NOT_NEEDED"], "Not_Needed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("not_before_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="glassbox.alert",
                    ),
                ),
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
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "alert_deliveries",
            },
        ),
        migrations.CreateModel(
            name="AlertDeliveryAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("began_at", models.DateTimeField()),
                ("http_status", models.PositiveSmallIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tries",
                        to="glassbox.alertdelivery",
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
            ],
            options={
                "db_table": "alert_delivery_attempts",
            },
        ),
        migrations.CreateModel(
            name="AlertSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_mail_on", models.BooleanField()),
                (
                    "quiet_from",
                    models.TimeField(help_text="In the licence's time zone.", null=True),
                ),
                ("quiet_until", models.TimeField(null=True)),
                ("away_from", models.DateField(null=True)),
                (
                    "away_until",
                    models.DateField(help_text="The last day of the absence.", null=True),
                ),
                ("digest_hour", models.PositiveSmallIntegerField(null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "alert_settings",
            },
        ),
        migrations.CreateModel(
            name="AlertWatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("looked_at", models.DateTimeField(null=True)),
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
            ],
            options={
                "db_table": "alert_watches",
            },
        ),
        migrations.CreateModel(
            name="AlertWebhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                ("sealed_secret", models.BinaryField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
            ],
            options={
                "db_table": "alert_webhooks",
            },
        ),
        migrations.AddField(
            model_name="alertdelivery",
            name="webhook",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="glassbox.alertwebhook",
            ),
        ),
        migrations.CreateModel(
            name="WatchedDate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("what", models.CharField(max_length=200)),
                ("day", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
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
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "watched_dates",
            },
        ),
        migrations.CreateModel(
            name="AccessLoss",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lost_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=1000)),
                ("declared_at", models.DateTimeField()),
                ("regained_at", models.DateTimeField(null=True)),
                ("regained_reason", models.CharField(blank=True, max_length=1000)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "regained_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "access_losses",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("regained_at__isnull", True)),
                        fields=("license",),
                        name="access_lost_once_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["license"],
                name="alert_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                fields=("license", "fact_key", "stage"), name="alert_once_per_stage"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertdeliveryattempt",
            constraint=models.UniqueConstraint(
                fields=("delivery", "number"), name="alert_attempt_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsettings",
            constraint=models.UniqueConstraint(
                fields=("license", "user"), name="alert_settings_one_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertwatch",
            constraint=models.UniqueConstraint(
                fields=("license",), name="alert_watch_one_per_license"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertwebhook",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("license", "url"),
                name="alert_webhook_url_once",
            ),
        ),
        migrations.AddIndex(
            model_name="alertdelivery",
            index=models.Index(fields=["license", "state"], name="alert_delivery_by_state"),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.UniqueConstraint(
                fields=("alert", "channel", "recipient"), name="alert_delivered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("alert__isnull", True)),
                fields=("license", "digest_of", "recipient"),
                name="alert_digest_once_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("alert__isnull", False), ("digest_of__isnull", True)),
                    models.Q(("alert__isnull", True), ("digest_of__isnull", False)),
                    _connector="OR",
                ),
                name="alert_delivery_is_alert_or_digest",
            ),
        ),
        migrations.RunSQL("".join(wall(table) for table in TENANT_TABLES), migrations.RunSQL.noop),
    ]
