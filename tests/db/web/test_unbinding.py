"""Bound to a company's provider: shown to whom it is about, and undone by them or who answers for users."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import ProviderIdentity, User
from glassbox.operations.provider_identities import (
    BoundOtherwise,
    LastWayIn,
    bind_identity,
    unbind_myself,
    unbind_person,
)
from glassbox.rules.verdicts import InvalidInput, NotFound
from glassbox.web.sign_in import actor_of
from tests.cast import MFG, NEIGHBOR, person
from tests.db.conftest import Events
from tests.db.web.signing_in import code_of, come_back, signed_in
from tests.openid_provider import OpenIdProvider

pytestmark = pytest.mark.usefixtures("strict")
NOW = datetime.now(UTC).replace(microsecond=0)
OWN, UNBIND = "/account/", "/account/provider/unbind/"


def bind(user: User, provider: OpenIdProvider, **said: Any) -> None:
    identity = {"issuer": provider.address, "subject": "person-1", "session_key": ""}
    bind_identity(actor=actor_of(user), **{**identity, **said}, now=NOW)


def by_provider(provider: OpenIdProvider, secret: str) -> Client:
    """Sign in by the provider and the app, and confirm by the app anew."""
    client = Client()
    come_back(client, provider)
    assert client.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/"
    cache.clear()
    assert client.post("/confirm/code/", {"code": code_of(secret)}).status_code == 302
    return client


def words(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def unbind(brand: Brand, who: str, whom: str, number: str = MFG, reason: str = "Moved away") -> str:
    return unbind_person(
        actor=person(brand, who),
        license_id=brand.licenses[number],
        user_id=brand.users[whom],
        reason=reason,
        now=NOW,
    )


def test_your_sign_in_shows_who_vouches_for_you_and_lets_you_out_of_it(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    by_password, user, secret = signed_in(cast, "Fay")
    assert "not bound yet; sign in with Golden Poppy once" in words(by_password, OWN)
    assert by_password.get(UNBIND).status_code == 404
    client = by_provider(provider, secret)
    shown = words(client, OWN)
    assert "✓ Golden Poppy" in shown and "bound by yourself" in shown and UNBIND in shown
    assert "Unbind Golden Poppy" in words(client, UNBIND)

    answer = client.post(UNBIND, follow=True)

    assert answer.redirect_chain == [("/sign-in/", 302)]
    assert "unbound from Golden Poppy. Sign in with your password" in answer.content.decode()
    assert client.get("/both/").status_code == 302
    assert by_password.get("/both/").status_code == 200, "what began otherwise stays"
    assert not ProviderIdentity.objects.exists()
    assert events("factor.removed") == ["The sign-in of Golden Poppy was removed"]
    again = Client()
    assert come_back(again, provider)["Location"] == "/sign-in/code/", "bound anew by the factor"
    assert user.has_usable_password()


def test_it_asks_for_a_fresh_proof_first(cast: Brand, provider: OpenIdProvider) -> None:
    client, user, _ = signed_in(cast, "Fay")
    bind(user, provider)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()

    for answer in (client.get(UNBIND), client.post(UNBIND)):
        assert answer["Location"].startswith("/confirm/"), answer["Location"]
    assert ProviderIdentity.objects.exists()


def test_the_last_way_in_stays(cast: Brand, provider: OpenIdProvider) -> None:
    client, user, _ = signed_in(cast, "Fay")
    bind(user, provider)
    password = user.password
    user.set_unusable_password()
    user.save(update_fields=["password"])
    with pytest.raises(LastWayIn, match="password"):
        unbind_myself(actor=actor_of(user), now=NOW)

    User.objects.filter(pk=user.pk).update(password=password)
    Authenticator.objects.filter(user_id=user.pk).exclude(type="recovery_codes").delete()
    with pytest.raises(LastWayIn, match="second factor"):
        unbind_myself(actor=actor_of(user), now=NOW)
    with override_settings(MFA_IS_REQUIRED=False):
        assert "Unbind it" in words(client, UNBIND)
        User.objects.filter(pk=user.pk).update(password="!")
        client.force_login(user)
        unproved = words(client, UNBIND)
    assert "Unbind it" not in unproved
    assert ProviderIdentity.objects.exists()


def test_who_answers_for_users_unbinds_somebody_with_a_reason(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    ana, user, secret = signed_in(cast, "Ana")
    bind(user, provider)
    owner, _, _ = signed_in(cast, "Owen")
    by_ana = by_provider(provider, secret)
    assert by_ana.get("/both/").status_code == 200
    address = f"/l/{MFG}/company/people/{cast.users['Ana']}/unbind/"
    people = words(owner, f"/l/{MFG}/company/people/")
    assert people.count("unbind company's sign-in…") == 1 and address in people
    assert "with their password and second factor" in words(owner, address)

    refused = owner.post(address, {"reason": " "})
    pressed = owner.post(address, {"reason": "She has a new account there"})

    assert (refused.status_code, pressed.status_code) == (422, 302)
    assert by_ana.get("/both/").status_code == 302
    assert ana.get("/both/").status_code == 200
    assert events("factor.removed") == ["She has a new account there"]
    assert "bound to no company" in words(owner, address)
    assert "unbind company" not in words(owner, f"/l/{MFG}/company/people/")


def test_nobody_unbinds_somebody_of_another_company_or_without_the_right(
    cast: Brand, provider: OpenIdProvider
) -> None:
    for name in ("Ana", "Ben", "Nell", "Owen"):
        bind(User.objects.get(id=cast.users[name]), provider, subject=name)
    theirs = User.objects.get(id=cast.users["Nell"]).company_id
    User.objects.filter(id=cast.users["Ben"]).update(company_id=theirs)
    refused: tuple[tuple[Callable[[], str], type[Exception]], ...] = (
        (lambda: unbind(cast, "Ana", "Owen"), NotPermitted),
        (lambda: unbind(cast, "Nell", "Ana"), NotFound),
        (lambda: unbind(cast, "Nell", "Ana", NEIGHBOR), NotFound),
        (lambda: unbind(cast, "Owen", "Nell"), NotFound),
        (lambda: unbind(cast, "Owen", "Ben"), NotFound),
        (lambda: unbind(cast, "Owen", "Owen"), InvalidInput),
        (lambda: unbind(cast, "Owen", "Hal"), NotFound),
        (lambda: unbind(cast, "Owen", "Ana", reason=" "), InvalidInput),
    )
    for press, refusal in refused:
        with pytest.raises(refusal):
            press()
    assert ProviderIdentity.objects.count() == 4


def test_of_two_who_press_at_once_one_unbinds(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    _, user, _ = signed_in(cast, "Ana")
    bind(user, provider)

    def press(which: int) -> bool:
        try:
            if which % 2:
                unbind(cast, "Owen", "Ana")
            else:
                unbind_myself(actor=actor_of(user), now=NOW)
        except NotFound:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(press, range(4)))

    assert sum(done) == 1
    assert len(events("factor.removed")) == 1


def test_who_is_unbound_while_they_sign_in_is_not_bound_by_it(
    cast: Brand, provider: OpenIdProvider
) -> None:
    _, user, secret = signed_in(cast, "Ana")
    bind(user, provider)
    client = Client()
    assert come_back(client, provider)["Location"] == "/sign-in/code/"
    unbind(cast, "Owen", "Ana")
    cache.clear()

    answer = client.post("/sign-in/code/", {"code": code_of(secret)})

    assert answer["Location"] == "/sign-in/"
    assert client.get("/both/").status_code == 302
    with pytest.raises(BoundOtherwise):
        bind(user, provider, was_bound=True)
    assert not ProviderIdentity.objects.exists()


def test_a_provider_that_is_set_up_no_more_is_said_to_open_nothing(
    cast: Brand, provider: OpenIdProvider
) -> None:
    client, user, _ = signed_in(cast, "Ana")
    bind(user, provider)
    with override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=None):
        shown = words(client, OWN)
    assert "it opens nothing" in shown and "! 127.0.0.1" in shown
    ProviderIdentity.objects.all().delete()
    with override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=None):
        assert "Your company's sign-in" not in words(client, OWN)
