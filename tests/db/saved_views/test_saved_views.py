"""Saved views: whose they are, who may change them, what a grid opens with, and foreign licences."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations.saved_views import delete_view, open_with_view, rename_view, save_view
from glassbox.queries.saved_views import default_query, saved_views
from glassbox.rules.saved_views import Grid
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.cast import DIST, MFG, person

QUERY = "view=on-hold&location=Vault"


def save(
    brand: Brand,
    now: datetime,
    name: str = "Vault on hold",
    *,
    who: str = "Ana",
    team: bool = False,
    query: str = QUERY,
) -> int:
    return save_view(
        actor=person(brand, who),
        license_id=brand.licenses[MFG],
        grid=Grid.PACKAGES,
        name=name,
        query=query,
        is_team=team,
        now=now,
    )


def seen(brand: Brand, who: str, number: str = MFG) -> list[tuple[str, str, bool]]:
    found = saved_views(
        actor=person(brand, who),
        license_id=brand.licenses[number],
        grid=Grid.PACKAGES,
        query=QUERY,
    )
    return [(row.name, row.query, row.may_change) for row in found.rows]


def opens_with(brand: Brand, who: str) -> str:
    return default_query(
        actor=person(brand, who), license_id=brand.licenses[MFG], grid=Grid.PACKAGES
    )


def test_a_private_view_is_its_owners_alone(cast: Brand, frozen_now: datetime) -> None:
    save(cast, frozen_now, query=f"?{QUERY}&after=2026-01-01~7&page=3")

    assert seen(cast, "Ana") == [("Vault on hold", QUERY, True)]
    assert seen(cast, "Fay") == []


def test_a_team_view_is_changed_by_its_owner_or_who_manages_the_company(
    cast: Brand, frozen_now: datetime
) -> None:
    view_id, license_id = save(cast, frozen_now, team=True), cast.licenses[MFG]
    assert seen(cast, "Ben") == [("Vault on hold", QUERY, False)]
    with pytest.raises(NotPermitted):
        rename_view(
            actor=person(cast, "Ben"),
            license_id=license_id,
            view_id=view_id,
            name="Mine now",
            now=frozen_now,
        )
    rename_view(
        actor=person(cast, "Ana"),
        license_id=license_id,
        view_id=view_id,
        name=" Vault  held ",
        now=frozen_now,
    )
    assert seen(cast, "Ben") == [("Vault held", QUERY, False)]
    assert seen(cast, "Owen", DIST) == []
    delete_view(actor=person(cast, "Owen"), license_id=license_id, view_id=view_id, now=frozen_now)
    assert seen(cast, "Ana") == []


def test_who_only_reads_keeps_no_views(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(NotPermitted):
        save(cast, frozen_now, who="Ivy")


def test_a_view_of_somebody_else_or_of_another_licence_does_not_exist(
    cast: Brand, frozen_now: datetime
) -> None:
    view_id = save(cast, frozen_now)
    for who, number in (("Ben", MFG), ("Owen", MFG), ("Owen", DIST)):
        with pytest.raises(NotFound):
            delete_view(
                actor=person(cast, who),
                license_id=cast.licenses[number],
                view_id=view_id,
                now=frozen_now,
            )
    with pytest.raises(NotFound):
        delete_view(
            actor=person(cast, "Nell"),
            license_id=cast.licenses[MFG],
            view_id=view_id,
            now=frozen_now,
        )
    assert len(seen(cast, "Ana")) == 1


def test_the_grid_opens_with_the_persons_own_default_before_the_teams(
    cast: Brand, frozen_now: datetime
) -> None:
    license_id = cast.licenses[MFG]
    team = save(cast, frozen_now, "Team", team=True, query="view=in-transit")
    first, second = save(cast, frozen_now, "One"), save(cast, frozen_now, "Two", query="view=all")
    for view_id in (team, first, second):
        open_with_view(
            actor=person(cast, "Ana"),
            license_id=license_id,
            view_id=view_id,
            is_default=True,
            now=frozen_now,
        )
    assert (opens_with(cast, "Ana"), opens_with(cast, "Ben")) == ("view=all", "view=in-transit")
    open_with_view(
        actor=person(cast, "Ana"),
        license_id=license_id,
        view_id=second,
        is_default=False,
        now=frozen_now,
    )
    assert opens_with(cast, "Ana") == "view=in-transit"


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("  ", QUERY, "name"),
        ("n" * 61, QUERY, "name"),
        ("Vault on hold", QUERY, "name"),
        ("Empty", "?after=1", "view"),
        ("Long", "labels=" + "x" * 2_000, "view"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(
    cast: Brand, frozen_now: datetime, name: str, query: str, field: str
) -> None:
    save(cast, frozen_now)
    with pytest.raises(InvalidInput) as refused:
        save(cast, frozen_now, name, query=query)

    assert refused.value.field == field
    assert len(seen(cast, "Ana")) == 1


def test_a_person_saves_opens_and_deletes_a_view_on_the_page(
    cast: Brand, frozen_now: datetime
) -> None:
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Ana"]))
    here = f"/l/{MFG}"
    said = {"grid": "packages", "query": QUERY, "name": "Held <b>", "for": "team"}

    after = client.post(f"{here}/views/save/", said)
    assert after["Location"] == f"{here}/packages/?{QUERY}"
    page = client.get(after["Location"]).content.decode()
    assert "Held &lt;b&gt;" in page and "Change Held" in page
    view_id = page.split("/views/")[2].split("/")[0]
    client.post(f"{here}/views/{view_id}/open-with/", {**said, "default": "yes"})
    assert client.get(f"{here}/packages/")["Location"].endswith(f"?{QUERY}")
    client.post(f"{here}/views/{view_id}/delete/", said)
    assert client.get(f"{here}/packages/").status_code == 200
