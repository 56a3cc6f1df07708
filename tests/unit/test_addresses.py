"""A password leaves a database's address however it stands there, and nothing else does."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from glassbox.runtime.addresses import environment_with, without_password


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:p%40ss+w%2Ford@one:5432/glassbox?sslmode=verify-full",
        "postgresql://ana@one:5432/glassbox?sslmode=verify-full&password=p%40ss%2Bw%2Ford",
        "host=one port=5432 user=ana dbname=glassbox password='p@ss+w/ord' sslmode=verify-full",
    ],
)
def test_a_password_is_taken_out_wherever_it_stands(address: str) -> None:
    bare, password = without_password(address)
    assert password == "p@ss+w/ord"
    assert conninfo_to_dict(bare) == {
        "host": "one",
        "port": "5432",
        "user": "ana",
        "dbname": "glassbox",
        "sslmode": "verify-full",
    }
    assert environment_with(password)["PGPASSWORD"] == "p@ss+w/ord"


def test_several_machines_and_no_password_stay_as_they_are() -> None:
    bare, password = without_password("postgresql://ana@one:1,other:2/glassbox?connect_timeout=5")
    assert password == ""
    assert conninfo_to_dict(bare)["host"] == "one,other"
    assert conninfo_to_dict(bare)["port"] == "1,2"
