"""Floor PINs, and the event that a locked session was unlocked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A PIN is no licence's: the rest of audit.append() stays as it is, whichever it is by now.
OUTSIDE_ANY_LICENSE = """
    SET LOCAL ROLE glassbox_ledger;
    DO $$
    DECLARE
        known text := '''session.signed_in''';
        text_now text := pg_get_functiondef('audit.append(bytea, jsonb, bytea)'::regprocedure);
    BEGIN
        IF position(known IN text_now) = 0 THEN
            RAISE EXCEPTION 'audit.append does not name the events outside any licence';
        END IF;
        EXECUTE replace(text_now, known, known || ', ''session.unlocked''');
    END $$;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0031_support"),
    ]

    operations = [
        migrations.CreateModel(
            name="FloorPin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pin_hash", models.CharField(max_length=160)),
                ("set_at", models.DateTimeField()),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="floor_pin",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "floor_pins"},
        ),
        migrations.RunSQL(OUTSIDE_ANY_LICENSE, migrations.RunSQL.noop),
    ]
