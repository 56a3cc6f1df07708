"""The items, rooms and categories that packages of some licences have, without counting packages."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

WORDS_AT_MOST = 500
WORD_FIELDS = frozenset({"item_name", "location_name", "category", "lab_state", "local_state"})

# One short look into the index for each word, however many packages bear it.
WORDS = """
    WITH RECURSIVE words (word) AS (
        (SELECT {field} FROM package_standings
         WHERE license_id = %(license)s AND is_here = %(here)s ORDER BY {field} LIMIT 1)
        UNION ALL
        SELECT (SELECT {field} FROM package_standings
                WHERE license_id = %(license)s AND is_here = %(here)s AND {field} > words.word
                ORDER BY {field} LIMIT 1)
        FROM words WHERE words.word IS NOT NULL
    )
    SELECT word FROM words WHERE word > '' LIMIT %(most)s
"""


class WordsInUse:
    """The words of one answer; each list is looked up once, however often it is asked for."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str, bool], tuple[str, ...]] = {}

    def of(
        self, license_ids: Collection[int], field: str, *, here_only: bool = True
    ) -> tuple[str, ...]:
        """Return the different words of a field, in order, at most 500 of each licence.

        Inside the caller's transaction; one statement for each licence, two if not only of what
        is here.
        """
        assert field in WORD_FIELDS, f"{field} is no word of a package"
        found: set[str] = set()
        for license_id in license_ids:
            for here in (True,) if here_only else (True, False):
                key = (license_id, field, here)
                if key not in self._found:
                    self._found[key] = _look_up(*key)
                found.update(self._found[key])
        return tuple(sorted(found))


def _look_up(license_id: int, field: str, here: bool) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            WORDS.format(field=field),
            {"license": license_id, "here": here, "most": WORDS_AT_MOST},
        )
        return tuple(word for (word,) in cursor.fetchall())
