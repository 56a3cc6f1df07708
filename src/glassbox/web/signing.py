"""A signature: who presses proves anew who they are, below the words of what the signature means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect

from glassbox.operations.sign_in import remember_confirmation
from glassbox.queries.actions.page import action_page
from glassbox.web.pages import page
from glassbox.web.request import PageRequest

PREFIX = "sign"
CODE, PASSKEY, OPENING = f"{PREFIX}-code", f"{PREFIX}-credential", f"{PREFIX}-opening"
# What was typed into these is not carried through a page: it is typed again.
SECRETS = frozenset({"user_key", "secret"})
# The name of an address, and what pressing there signs.
MEANINGS = {
    "action_approve": "I approve sending this to METRC",
    "actions_bulk": "I approve sending these actions to METRC",
    "action_reviewed": "I have reviewed exactly this action",
    "action_override": "I override a finding, for the reason I give",
    "action_attest": "I have done this in METRC as written",
    "correction_decision": "I decide on a correction of our book",
    "report_sign": "I sign this reconciliation",
    "count_sign": "I sign this count",
    "qa_review": "I sign the QA review of this package",
    "policy": "I change who signs what",
    "terms_acceptance": "I accept the terms of use for the company",
    "user_review": "I sign the review of users",
    "invitation": "I let a person in, with a role at this licence",
    "role_grant": "I grant a role at this licence",
    "role_end": "I end a role at this licence",
    "deactivation": "I take a person out of the company's licences",
    "provider_unbinding": "I unbind a person from the company's sign-in",
    "takeover_proposal": "I propose to switch writing to METRC on",
    "writing_on": "I switch writing to METRC on",
    "writing_off": "I switch writing to METRC off",
    "new_support": "I let the vendor's support read",
    "new_token": "I let another system act in my name",
    "new_key": "I store a METRC key; METRC will name its owner as who acted",
}
# Keys are typed once: who may not store one is asked before they type it.
ASKED_WHEN_OPENED = frozenset({"new_key"})


def stopped_to_sign(request: PageRequest, name: str, named: dict[str, Any]) -> HttpResponse | None:
    """Return the page that asks for a fresh proof, or None where none is needed or it was given.

    The page posts to the same address what was typed, with the proof; so a signature is one act,
    and nothing that was typed is lost. A proof counts for five minutes.
    """
    license = request.scope.license
    if not settings.MFA_IS_REQUIRED or name not in MEANINGS or license is None:
        return None
    if request.method != "POST" and name not in ASKED_WHEN_OPENED:
        return None
    forms = _forms(request)
    given = next((form for field, form in forms.items() if field in request.POST), None)
    if given is not None and given.is_valid():
        given.save()
        kind = "a passkey" if PASSKEY in request.POST else "a code"
        remember_confirmation(
            actor=request.actor,
            license_id=license.id,
            meaning=_meaning(request, name, named),
            how=kind,
            now=request.now,
        )
        is_opening = request.POST.get(OPENING) == "yes"
        return HttpResponseRedirect(request.path) if is_opening else None
    if given is None and did_recently_reauthenticate(request):
        return None
    return _ask(request, name, named, forms)


def _forms(request: PageRequest) -> dict[str, Any]:
    posted = request.POST if request.method == "POST" else None
    return {
        CODE: ReauthenticateForm(
            posted if CODE in request.POST else None, user=request.user, prefix=PREFIX
        ),
        PASSKEY: ReauthenticateWebAuthnForm(
            posted if PASSKEY in request.POST else None, user=request.user, prefix=PREFIX
        ),
    }


def _ask(
    request: PageRequest, name: str, named: dict[str, Any], forms: dict[str, Any]
) -> HttpResponse:
    has_passkey = Authenticator.objects.filter(
        user_id=request.actor.user_id, type=Authenticator.Type.WEBAUTHN
    ).exists()
    options = begin_authentication(request.user) if has_passkey else None
    return page(
        request,
        "sign.html",
        {
            "meaning": _meaning(request, name, named),
            "carried": tuple(_carried(request)),
            "code": forms[CODE],
            "passkey": forms[PASSKEY],
            "js_data": {"request_options": options} if options else None,
            "is_opening": request.method != "POST",
        },
        status=403,
    )


def _carried(request: PageRequest) -> Iterator[tuple[str, str]]:
    for field, values in request.POST.lists():
        if field in SECRETS or field == "csrfmiddlewaretoken" or field.startswith(f"{PREFIX}-"):
            continue
        for value in values:
            yield field, str(value)


def _meaning(request: PageRequest, name: str, named: dict[str, Any]) -> str:
    """Return the sentence that is signed, with the licence and, of an action, its effect."""
    assert request.scope.license is not None, "nothing is signed at both licences"
    sentence = f"{MEANINGS[name]} for licence {request.scope.license.number}"
    if name in {"action_approve", "action_reviewed", "action_attest", "action_override"}:
        found = action_page(
            actor=request.actor,
            license_ids=request.scope.license_ids,
            action_id=named["action_id"],
            now=request.now,
        )
        return f"{sentence}: {found.row.effect_sentence}"
    if name == "actions_bulk":
        numbers = [line.partition(":")[0] for line in request.POST.getlist("line")]
        return f"{sentence}: {', '.join(numbers)}"
    if "label" in named:
        return f"{sentence}: {named['label']}"
    return f"{sentence}."
