"""The file of OpenID providers: what is half-made is refused, naming the word and the way out."""

from __future__ import annotations

import pytest

from glassbox.rules.sign_on_providers import read_providers
from glassbox.rules.verdicts import InvalidInput

WHOLE = {
    "id": '"poppy"',
    "name": '"Golden Poppy"',
    "issuer": '"https://login.example/tenant"',
    "client_id": '"glassbox"',
    "client_secret_file": '"/etc/glassbox/poppy.secret"',
    "email_domains": '["GoldenPoppy.example"]',
}


def written(**changed: str) -> str:
    words = {name: value for name, value in {**WHOLE, **changed}.items() if value}
    return "\n".join(["[[provider]]", *(f"{name} = {value}" for name, value in words.items())])


def test_a_whole_one_is_read_and_speaks_for_its_own_domains() -> None:
    (one,) = read_providers(written(), allows_plain=False)

    assert one.origin == "https://login.example"
    assert one.speaks_for("Fay@goldenpoppy.EXAMPLE")
    for stranger in ("fay@poppy.example", "fay@x.goldenpoppy.example", "goldenpoppy.example", ""):
        assert not one.speaks_for(stranger) or stranger == "goldenpoppy.example"
    assert not one.did_second_factor({"amr": ["mfa"], "acr": "x", "auth_time": 0.0}, 1.0)


@pytest.mark.parametrize("word", WHOLE)
def test_each_word_is_needed(word: str) -> None:
    with pytest.raises(InvalidInput, match=f"provider 1, {word}"):
        read_providers(written(**{word: ""}), allows_plain=False)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"id": '"Golden Poppy"'}, "id"),
        ({"id": '"../x"'}, "id"),
        ({"issuer": '"http://login.example"'}, "issuer"),
        ({"issuer": '"http://127.0.0.1:9"'}, "issuer"),
        ({"issuer": '"https://user@login.example"'}, "issuer"),
        ({"issuer": '"https://login.example?tenant=1"'}, "issuer"),
        ({"issuer": '"login.example"'}, "issuer"),
        ({"issuer": "7"}, "issuer"),
        ({"issuer": "\"https://x.example; script-src 'unsafe-inline'/\""}, "issuer"),
        ({"sign_in_origin": '"https://login.example/path"'}, "sign_in_origin"),
        ({"sign_in_origin": "\"https://x.example; script-src 'unsafe-inline'\""}, "sign_in_origin"),
        ({"email_domains": '"goldenpoppy.example"'}, "email_domains"),
        ({"email_domains": '["*"]'}, "email_domains"),
        ({"email_domains": "[]"}, "email_domains"),
        ({"emails_are_verified": '"no"'}, "emails_are_verified"),
        ({"client_secret": '"typed here"'}, "client_secret"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_providers(written(**changed), allows_plain=False)

    assert named in refused.value.field
    assert "typed here" not in refused.value.message, "a secret is not said again"


@pytest.mark.parametrize(
    "text", ["", "provider = 1", "[[provider", "[[providers]]\nid = 'x'", "provider = [1]"]
)
def test_what_is_no_list_of_providers_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_providers(text, allows_plain=False)


@pytest.mark.parametrize("word", ["id", "issuer", "email_domains"])
def test_two_providers_are_kept_apart(word: str) -> None:
    apart = {
        "id": '"other"',
        "issuer": '"https://other.example"',
        "email_domains": '["other.example"]',
    }
    both = written() + "\n" + written(**apart)
    assert len(read_providers(both, allows_plain=False)) == 2

    with pytest.raises(InvalidInput, match="stands twice"):
        read_providers(
            written() + "\n" + written(**{**apart, word: WHOLE[word]}), allows_plain=False
        )
