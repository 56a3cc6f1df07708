"""A company's own sign-in: real providers over HTTP, honest and lying, and the second factor after it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from jwt.algorithms import ECAlgorithm

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import ProviderIdentity, User
from glassbox.operations.provider_identities import bind_identity
from glassbox.operations.sign_in import forget_factors
from glassbox.queries.installation import installation_facts
from glassbox.rules.actor import system_actor
from glassbox.rules.installation import problems
from glassbox.web.sign_in import actor_of
from tests.cast import MFG
from tests.db.conftest import Events
from tests.db.web.signing_in import BUTTON, code_of, come_back, signed_in, with_password
from tests.openid_provider import (
    CLIENT,
    SECRET,
    STRANGERS_KEY,
    OpenIdProvider,
    providers_file,
)

pytestmark = pytest.mark.usefixtures("strict")
CODE = "/sign-in/code/"


def is_out(client: Client, answer: Any) -> str:
    """Hold that nobody was signed in; return the words of the sign-in page."""
    assert answer["Location"] == "/sign-in/", answer["Location"]
    assert client.get("/both/").status_code == 302
    assert client.get(CODE).status_code == 302, "nor is a second factor waited for"
    return str(client.get("/sign-in/").content.decode())


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_it_takes_the_place_of_the_password_and_never_of_the_second_factor(
    cast: Brand, provider: OpenIdProvider, events: Events, algorithm: str
) -> None:
    _, user, secret = signed_in(cast, "Fay")
    provider.algorithm = provider.kid = algorithm
    client = Client()
    assert "Sign in with Golden Poppy" in client.get("/sign-in/").content.decode()

    answer = come_back(client, provider)

    assert answer["Location"] == CODE
    assert client.get("/both/").status_code == 302, "half a sign-in opens nothing"
    assert not ProviderIdentity.objects.exists(), "half a sign-in binds nobody"
    client.post(CODE, {"code": code_of(secret)})
    assert client.get("/both/").status_code == 200
    assert events("session.signed_in")[-1] == (
        "Signed in with the sign-in of Golden Poppy and the authenticator app"
    )
    assert events("factor.added")[-1] == "The sign-in of Golden Poppy was added"
    assert ProviderIdentity.objects.get().user_id == user.pk
    asked = provider.asked[-1]
    assert asked["scope"] == "openid email" and "max_age" not in asked
    assert not provider.refused, "PKCE, client and address were held against the question"


def bind(user: User, provider: OpenIdProvider) -> None:
    """Bind a person to the one whom the provider calls person-1."""
    bind_identity(
        actor=actor_of(user),
        issuer=provider.address,
        subject="person-1",
        session_key="",
        now=datetime.now(UTC),
    )


def test_who_is_bound_stays_so_when_the_address_there_changes_and_nobody_else_gets_it(
    cast: Brand, provider: OpenIdProvider
) -> None:
    _, user, _ = signed_in(cast, "Fay")
    bind(user, provider)
    renamed, heir = Client(), Client()

    assert come_back(renamed, provider, email="fay.new@goldenpoppy.example")["Location"] == CODE
    words = is_out(heir, come_back(heir, provider, sub="person-2"))

    assert "names nobody who works here" in words


def test_the_same_subject_of_another_issuer_is_somebody_else(
    cast: Brand, provider: OpenIdProvider
) -> None:
    _, user, _ = signed_in(cast, "Fay")
    bind_identity(
        actor=actor_of(user),
        issuer="https://before.example",
        subject="person-1",
        session_key="",
        now=datetime.now(UTC),
    )
    client = Client()

    is_out(client, come_back(client, provider))

    forget_factors(
        actor=system_actor("test"), email=user.email, reason="Moved", now=datetime.now(UTC)
    )
    assert not ProviderIdentity.objects.exists(), "the way out: bound anew by the next sign-in"


def test_it_signs_in_nobody_but_its_own_companys_people(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    User.objects.filter(pk=cast.users["Nell"]).update(email="nell@neighboredibles.example")
    people = User.objects.count()
    says: dict[str, Any]
    for says, why in (
        ({"email": "stranger@goldenpoppy.example"}, "Nobody of a company"),
        ({"email": None}, "Nobody of a company"),
        ({"email_verified": False}, "is verified"),
        ({"email_verified": None}, "is verified"),
        ({"email_verified": "true"}, "is verified"),
        ({"email": "nell@neighboredibles.example"}, "does not speak for"),
    ):
        client = Client()
        words = is_out(client, come_back(client, provider, **says))

        assert "names nobody who works here" in words, says
        assert why in events("session.refused")[-1], says
    assert User.objects.count() == people, "nobody is made"
    assert not ProviderIdentity.objects.exists()


def test_who_is_no_longer_at_work_stays_out(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    _, user, _ = signed_in(cast, "Fay")
    bind(user, provider)
    User.objects.filter(pk=user.pk).update(is_active=False)
    client = Client()

    is_out(client, come_back(client, provider))

    assert "no longer at work" in events("session.refused")[-1]


def test_who_has_no_factor_yet_sets_one_up_first(cast: Brand, provider: OpenIdProvider) -> None:
    with_password(cast, "Fay")
    client = Client()

    assert "set up a second factor" in is_out(client, come_back(client, provider))


NO_ANSWERS: tuple[dict[str, Any], ...] = (
    {"nonce": "of another question"},
    {"nonce": None},
    {"aud": "another"},
    {"aud": [CLIENT, "another"]},
    {"azp": "another"},
    {"iss": "https://elsewhere.example"},
    {"exp": 1},
    {"exp": None},
    {"iat": 4_000_000_000},
    {"sub": ""},
    {"sub": "person\x00"},
    {"email": "fay\x00@goldenpoppy.example"},
)


def test_a_token_that_is_not_the_answer_is_refused(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    signed_in(cast, "Fay")
    for says in NO_ANSWERS:
        client = Client()
        assert "did not succeed" in is_out(client, come_back(client, provider, **says)), says
    assert len(events("session.refused")) == len(NO_ANSWERS)


ITS_OWN = ECAlgorithm.to_jwk(STRANGERS_KEY.public_key(), as_dict=True)
NOT_SIGNED: tuple[tuple[str, Any, str, dict[str, Any]], ...] = (
    ("none", None, "RS256", {}),
    ("HS256", "a secret that every client knows, of 32 bytes and more", "RS256", {}),
    ("ES256", STRANGERS_KEY, "ES256", {}),
    ("ES256", STRANGERS_KEY, "stranger", {}),
    ("ES256", STRANGERS_KEY, "ES256", {"jwk": ITS_OWN}),
    ("ES256", STRANGERS_KEY, "ES256", {"jku": "https://elsewhere.example/keys"}),
    ("ES256", None, "RS256", {}),
    ("RS256", None, "RS256", {"typ": "at+jwt"}),
    ("RS256", None, "RS256", {"typ": "logout+jwt"}),
)


def test_a_token_that_the_provider_did_not_sign_is_refused(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    signed_in(cast, "Fay")
    for provider.algorithm, provider.key, provider.kid, provider.headers in NOT_SIGNED:
        client = Client()
        is_out(client, come_back(client, provider))
        assert "The ID token does not hold" in events("session.refused")[-1], provider.algorithm


def test_a_clock_that_is_a_little_off_is_forgiven(cast: Brand, provider: OpenIdProvider) -> None:
    signed_in(cast, "Fay")
    late = int(time.time()) - 30
    client = Client()

    assert come_back(client, provider, iat=late - 60, exp=late)["Location"] == CODE


def test_an_answer_counts_once_and_for_the_browser_that_asked(
    cast: Brand, provider: OpenIdProvider, events: Events
) -> None:
    signed_in(cast, "Fay")
    cache.clear()
    attacker, victim = Client(), Client()
    answer = provider.authorize(attacker.post(BUTTON)["Location"])

    is_out(victim, victim.get(f"{BUTTON}back/", answer))
    assert not events("session.refused"), "strangers do not fill the ledger"
    victim.post(BUTTON)
    is_out(victim, victim.get(f"{BUTTON}back/", answer))
    assert "another question" in events("session.refused")[-1]

    assert attacker.get(f"{BUTTON}back/", answer)["Location"] == CODE
    is_out_again = attacker.get(f"{BUTTON}back/", answer)
    assert is_out_again["Location"] == "/sign-in/", "a code that was used"
    again = Client()
    asked = provider.authorize(again.post(BUTTON)["Location"])
    is_out(again, again.get(f"{BUTTON}back/", {**asked, "code": answer["code"]}))
    assert provider.refused == ["code"], "the provider was asked, and had given it before"


def test_an_answer_that_was_mixed_up_is_refused(cast: Brand, provider: OpenIdProvider) -> None:
    signed_in(cast, "Fay")
    for provider.answer in ({"iss": "https://elsewhere.example"}, {"state": "x"}, {"code": "x"}):
        client = Client()
        is_out(client, come_back(client, provider))


def test_an_answer_for_one_provider_is_none_of_another(
    cast: Brand, provider: OpenIdProvider
) -> None:
    cache.clear()
    client = Client()
    answer = provider.authorize(client.post(BUTTON)["Location"])

    is_out(client, client.get("/sign-in/by/neighbour/back/", answer))


def test_metadata_that_lead_elsewhere_lead_nowhere(cast: Brand, provider: OpenIdProvider) -> None:
    for provider.metadata in (
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "https://elsewhere.example/authorize"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ):
        client = Client()
        is_out(client, client.post(BUTTON))


def test_a_person_who_says_no_there_is_told_so_in_our_words(
    cast: Brand, provider: OpenIdProvider
) -> None:
    client = Client()
    asked = provider.authorize(client.post(BUTTON)["Location"])
    told = {"error": "access_denied", "error_description": "<b>x</b>", "state": asked["state"]}

    words = is_out(client, client.get(f"{BUTTON}back/", told))

    assert "did not succeed" in words and "<b>x</b>" not in words


def test_a_factor_that_the_provider_asked_for_counts_only_if_its_word_is_trusted(
    cast: Brand, provider: OpenIdProvider, tmp_path: Path, events: Events
) -> None:
    _, user, _ = signed_in(cast, "Fay")
    now = int(time.time())
    said = {"amr": ["pwd", "mfa"], "auth_time": now - 60}
    assert come_back(Client(), provider, **said)["Location"] == CODE, "nobody trusts it yet"

    trusting = tmp_path / "trusting"
    trusting.mkdir()
    file = providers_file(trusting, provider.address, trusted_amr='["mfa"]', trusted_acr='["phr"]')
    with override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=file):
        assert come_back(Client(), provider, **said)["Location"] == CODE, "nor of who is not bound"
        bind(user, provider)
        for weak in (
            {**said, "amr": ["pwd"]},
            {**said, "auth_time": now - 13 * 60 * 60},
            {**said, "auth_time": None},
        ):
            assert come_back(Client(), provider, **weak)["Location"] == CODE, weak
        client = Client()
        assert come_back(client, provider, **said)["Location"] == "/"
        assert client.get("/both/").status_code == 200
        strong = {**said, "amr": None, "acr": "phr"}
        assert come_back(Client(), provider, **strong)["Location"] == "/"

    assert "which asked for a second factor" in events("session.signed_in")[-1]
    asked = provider.asked[-1]
    assert (asked["acr_values"], asked["max_age"]) == ("phr", "43200")
    page = client.post(f"/l/{MFG}/company/people/review/", {"reason": "x"}).content.decode()
    assert "sign-code" in page, "a signature asks for our own second factor all the same"


def test_where_one_goes_after_it_is_here_and_nowhere_else(
    cast: Brand, provider: OpenIdProvider
) -> None:
    _, _, secret = signed_in(cast, "Fay")
    for after, leads in (
        (f"/l/{MFG}/packages/", f"/l/{MFG}/packages/"),
        ("https://e.example", "/"),
    ):
        cache.clear()
        client = Client()
        answer = provider.authorize(client.post(BUTTON, {"next": after})["Location"])
        client.get(f"{BUTTON}back/", answer)
        assert client.post(CODE, {"code": code_of(secret)})["Location"] == leads
        cache.clear()
        client.post("/sign-out/")


def test_strangers_who_press_it_too_often_wait(cast: Brand, provider: OpenIdProvider) -> None:
    cache.clear()
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "3/m/ip"}):
        pressed = [Client().post(BUTTON).status_code for _ in range(4)]

    assert pressed == [302, 302, 302, 429]


def test_forms_of_the_sign_in_page_alone_may_lead_to_a_provider(
    cast: Brand, provider: OpenIdProvider
) -> None:
    client = Client()

    policy = client.get("/sign-in/")["Content-Security-Policy"]

    allowed = policy.partition("form-action 'self' ")[2].split()
    assert provider.address in allowed and len(allowed) == 2
    assert client.get("/sign-in/forgotten/")["Content-Security-Policy"].endswith(
        "form-action 'self'"
    )


def test_without_a_provider_there_is_none(cast: Brand) -> None:
    client = Client()

    assert client.post(BUTTON).status_code == 404
    assert client.get(f"{BUTTON}back/").status_code == 404
    page = client.get("/sign-in/")
    assert "/sign-in/by/" not in page.content.decode()
    assert page["Content-Security-Policy"].endswith("form-action 'self'")


def test_the_doctor_names_what_is_half_made_and_never_the_secret(
    cast: Brand, provider: OpenIdProvider, tmp_path: Path
) -> None:
    def found() -> dict[str, str]:
        return {one.id: one.sentence for one in problems(installation_facts("doctor"))}

    assert not {"SIGN-ON", "KEY-FILE-OPEN"} & found().keys()
    secret = tmp_path / "client.secret"
    tmp_path.chmod(0o755)
    secret.chmod(0o644)
    assert "client.secret" in found()["KEY-FILE-OPEN"]
    secret.write_text(" \n")
    assert "client_secret_file" in found()["SIGN-ON"]
    secret.unlink()
    assert "client_secret_file" in found()["SIGN-ON"]
    (tmp_path / "providers.toml").write_text(f"[[provider]]\nid = '{SECRET}'\n")
    assert "provider 1, name" in found()["SIGN-ON"]
    assert SECRET not in found()["SIGN-ON"]
    assert Client().get("/sign-in/").status_code == 200, "the password goes on working"
    with override_settings(IS_PRODUCTION=True):
        providers_file(tmp_path, "http://login.example")
        assert "issuer" in found()["SIGN-ON"]
        providers_file(tmp_path, "https://login.example")
        assert "login.example" in installation_facts("serve").unlisted_hosts


def test_tokens_and_the_client_secret_are_kept_nowhere(
    cast: Brand, provider: OpenIdProvider, cast_superuser: psycopg.Connection, caplog: Any
) -> None:
    _, _, secret = signed_in(cast, "Fay")
    client = Client()
    come_back(client, provider)
    client.post(CODE, {"code": code_of(secret)})
    kept = repr((dict(client.session), client.cookies))
    provider.metadata = {"token_endpoint": "http://127.0.0.1:9/"}
    come_back(Client(), provider)
    secrets = (SECRET, provider.given[0], "unused-access-token")
    assert not any(one in kept for one in secrets)

    tables = [
        name
        for (name,) in cast_superuser.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
    ]
    assert len(tables) > 50
    for name in tables:
        rows = cast_superuser.execute(f"SELECT t::text FROM {name} t").fetchall()
        assert not any(one in row for (row,) in rows for one in secrets), name
    assert not any(one in caplog.text for one in secrets)
