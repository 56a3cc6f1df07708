"""Terms accepted by a company, and signed reviews of a licence's users."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

wall = import_module("glassbox.migrations.0002_walls").wall


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0024_find_by_ends"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="terms_accepted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="company",
            name="terms_accepted_by",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="company",
            name="terms_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="company",
            name="terms_version",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.CreateModel(
            name="UserReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signed_at", models.DateTimeField()),
                ("comment", models.CharField(blank=True, max_length=1000)),
                ("lines", models.JSONField()),
                ("lines_sha256", models.CharField(max_length=64)),
                ("difference_count", models.PositiveIntegerField()),
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
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "user_reviews",
            },
        ),
        migrations.RunSQL(wall("user_reviews"), migrations.RunSQL.noop),
    ]
