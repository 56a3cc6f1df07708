"""From template to preview, chosen rows and undo, by the pages; strangers see nothing of it."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from tests.cast import MFG, NEIGHBOR, tag
from tests.db.imports.test_imports import tags


def test_the_pages_lead_from_template_to_undo(cast: Brand) -> None:
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Dee"]))
    base = f"/l/{MFG}/imports/"
    template = client.get(f"{base}templates/tags/").content.decode()
    assert template.splitlines()[0] == "First UID,Last UID,Status"
    file = SimpleUploadedFile("tags.csv", f"First UID,Last UID\n{tag(700)},\n=1,\n".encode())

    shown = client.post(f"{base}new/tags/", {"file": file, "text": ""})

    assert shown.status_code == 302, shown.content.decode()
    place = shown["Location"]
    page = client.get(place).content.decode()
    assert "1 new tags" in page
    assert "It is a formula" in page
    problems = client.get(f"{place}problems/").content.decode()
    assert "'=1" in problems, "our own sheet runs no formula either"
    assert client.post(f"{place}take/", {"what": "chosen"}).status_code == 422
    assert client.post(f"{place}take/", {"what": "chosen", "row": "2"}).status_code == 302
    assert client.post(f"{place}undo/", {"reason": "A trial"}).status_code == 302
    assert tags(cast) == {}
    assert client.post(f"{base}new/tags/", {"text": ""}).status_code == 422
    assert client.get(f"{base}new/recipes/").status_code == 404
    assert client.get(f"{base}templates/recipes/").status_code == 404
    pasted = client.post(f"{base}new/tags/", {"text": f"\tFirst UID\n\t{tag(710)}\n"})
    assert "imports/templates/tags/" in client.get(base).content.decode()
    assert "1 new tags" in client.get(pasted["Location"]).content.decode(), "no cell in front lost"

    stranger = Client()
    stranger.force_login(User.objects.get(id=cast.users["Nell"]))
    number = place.split("/")[-2]
    assert stranger.get(place).status_code == 404
    assert stranger.get(f"/l/{NEIGHBOR}/imports/{number}/").status_code == 404
    assert stranger.get(f"/l/{NEIGHBOR}/imports/{number}/problems/").status_code == 404
    assert (
        stranger.post(f"/l/{NEIGHBOR}/imports/{number}/take/", {"what": "all"}).status_code == 404
    )
