"""What Django reads of the trees; their tables are made and kept in SQL."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_trees")]

    operations = [
        migrations.CreateModel(
            name="AuditLog",
            fields=[
                ("log_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("license_id", models.BigIntegerField(null=True)),
                ("year", models.IntegerField()),
                ("origin", models.TextField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("chain", models.BinaryField()),
                ("anchored_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "audit_logs", "managed": False},
        ),
        migrations.DeleteModel(name="AuditLeaf"),
        migrations.CreateModel(
            name="AuditLeaf",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="numbered",
                        serialize=False,
                        to="audit.complianceevent",
                    ),
                ),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="leaves",
                        to="audit.auditlog",
                    ),
                ),
                ("index", models.BigIntegerField()),
                ("leaf", models.BinaryField()),
                ("chain", models.BinaryField()),
            ],
            options={"db_table": "audit_leaves", "managed": False},
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("signed_at", models.DateTimeField(primary_key=True, serialize=False)),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="checkpoints",
                        to="audit.auditlog",
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
            ],
            options={"db_table": "audit_checkpoints", "managed": False},
        ),
    ]
