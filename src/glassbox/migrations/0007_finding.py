"""What a search by last digits, by batch and by a label on a manifest goes through."""

import django.db.models.functions.text
from django.db import migrations, models


def backwards(of: str) -> models.GeneratedField:
    """Return a column that PostgreSQL writes itself: another one backwards."""
    return models.GeneratedField(
        db_persist=True,
        expression=django.db.models.functions.text.Reverse(of),
        output_field=models.CharField(db_collation="C", max_length=40),
    )


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0005_reconciliation")]

    operations = [
        migrations.AddField("package", "label_reversed", backwards("label")),
        migrations.AddField("package", "printed_label_reversed", backwards("printed_label")),
        migrations.AddField("transfer", "manifest_reversed", backwards("manifest_number")),
        migrations.AddIndex(
            "package",
            models.Index(fields=["license", "label_reversed"], name="package_by_last_digits"),
        ),
        migrations.AddIndex(
            "package",
            models.Index(
                condition=models.Q(("printed_label__gt", "")),
                fields=["license", "printed_label_reversed"],
                name="package_by_printed_digits",
            ),
        ),
        migrations.AddIndex(
            "package",
            models.Index(fields=["license", "production_batch_number"], name="package_by_batch"),
        ),
        migrations.AddIndex(
            "transfer",
            models.Index(fields=["license", "manifest_reversed"], name="transfer_by_last_digits"),
        ),
        migrations.AddIndex(
            "transferpackage",
            models.Index(fields=["license", "label"], name="transfer_package_by_label"),
        ),
    ]
