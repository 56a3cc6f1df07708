"""The doctor's look into a real database: walls, role, environment."""

from __future__ import annotations

import psycopg

from glassbox.cli.demo_brand import Brand
from glassbox.queries.installation import installation_facts


def test_the_walls_stand_and_one_that_falls_is_named(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    sound = installation_facts("doctor").database
    assert sound is not None
    assert (sound.environment, sound.passes_walls, sound.unwalled) == ("dev", False, ())

    cast_superuser.execute("ALTER TABLE packages NO FORCE ROW LEVEL SECURITY")

    broken = installation_facts("doctor").database
    assert broken is not None
    assert broken.unwalled == ("packages",)
