"""How many pages and files each person asked for in the running minute, over every process.

Unlogged: a crash may forget a minute's counts, and counting waits for no disk and no standby.
"""

from django.db import migrations

COUNTS = """
    CREATE UNLOGGED TABLE request_counts (
        user_id bigint NOT NULL, kind varchar(20) NOT NULL,
        began_at timestamptz NOT NULL, asked integer NOT NULL,
        PRIMARY KEY (user_id, kind)
    )
"""


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0032_floor_pins"),
    ]

    operations = [
        migrations.RunSQL(COUNTS, "DROP TABLE request_counts"),
    ]
