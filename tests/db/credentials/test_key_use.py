"""The use log of a METRC key: its own calls alone, in its own time, at its own licence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import User
from glassbox.models.sync import ApiRequest
from glassbox.operations.transaction import short_transaction
from glassbox.queries.key_use import key_use
from glassbox.rules.verdicts import NotFound
from tests.cast import DIST, MFG, person

NOW = datetime.now(UTC).replace(microsecond=0)


def put_key(cast: Brand, name: str) -> MetrcCredential:
    """A key as its row shows it; nobody opens it here."""
    with short_transaction(cast.licenses[MFG]) as license:
        return MetrcCredential.objects.create(
            company_id=license.company_id,
            license=license,
            user_id=cast.users[name],
            owner_name=name,
            sealed_key=b"sealed",
            last_four="9f3c",
            added_at=NOW - timedelta(days=1),
        )


def call(
    cast: Brand,
    key: MetrcCredential,
    method: str,
    status: int | None,
    *,
    seconds: float = 1,
    number: str = MFG,
) -> None:
    with short_transaction(cast.licenses[number]) as license:
        ApiRequest.objects.create(
            company_id=license.company_id,
            license=license,
            purpose="action",
            method=method,
            path="/packages/v2/adjust",
            key_owner=key.owner_name,
            sent_at=key.added_at + timedelta(seconds=seconds),
            duration_seconds=0.25,
            status=status,
        )


def test_a_key_tells_its_own_calls_newest_first(cast: Brand) -> None:
    ana, fay = put_key(cast, "Ana"), put_key(cast, "Fay")
    call(cast, ana, "GET", 200, seconds=1)
    call(cast, ana, "PUT", 401, seconds=2)
    call(cast, ana, "PUT", None, seconds=3)
    call(cast, ana, "PUT", 200, seconds=-5)
    call(cast, fay, "PUT", 200)
    call(cast, ana, "PUT", 200, number=DIST)
    seen = {"actor": person(cast, "Owen"), "license_ids": (cast.licenses[MFG],)}

    use = key_use(**seen, credential_id=ana.pk)
    writes = key_use(**seen, credential_id=ana.pk, writes_only=True)

    assert [(row.method, row.status) for row in use.rows] == [
        ("PUT", None),
        ("PUT", 401),
        ("GET", 200),
    ]
    assert (use.calls, use.writes, use.refused, use.is_more) == (3, 2, 1, False)
    assert [row.method for row in writes.rows] == ["PUT", "PUT"]
    with short_transaction(cast.licenses[MFG]):
        MetrcCredential.objects.filter(id=ana.pk).update(
            revoked_at=ana.added_at + timedelta(seconds=1.5)
        )
    assert len(key_use(**seen, credential_id=ana.pk).rows) == 1


def test_the_page_shows_no_key_and_another_licences_key_does_not_exist(cast: Brand) -> None:
    ana, fay = put_key(cast, "Ana"), put_key(cast, "Fay")
    call(cast, ana, "PUT", 401)
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Owen"]))

    page = client.get(f"/l/{MFG}/company/keys/{ana.pk}/").content.decode()

    assert "PUT /packages/v2/adjust" in page and f"…{ana.last_four}" in page
    assert "1 call, 1 write, 1 refused by METRC" in " ".join(page.split())
    empty = client.get(f"/l/{MFG}/company/keys/{fay.pk}/").content.decode()
    assert "METRC was not asked with this key yet" in empty
    assert client.get(f"/l/{DIST}/company/keys/{ana.pk}/").status_code == 404
    with pytest.raises(NotFound):
        key_use(
            actor=person(cast, "Nell"),
            license_ids=(cast.licenses[MFG],),
            credential_id=ana.pk,
        )
