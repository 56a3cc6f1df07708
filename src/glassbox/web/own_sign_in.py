"""A person's own page of how they sign in, and what binds them to their company's provider."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from glassbox.operations.provider_identities import ONLY_WAY_IN, unbind_myself
from glassbox.queries.sign_on_providers import bound_provider
from glassbox.rules.verdicts import NotFound
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


class OwnSignInView(IndexView):  # type: ignore[misc]
    """Show a person's factors, and their company's sign-in if there is one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows."""
        shown = super().get_context_data(**kwargs)
        return {**shown, "provider": bound_provider(self.request.actor)}


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey, unless it is the last factor: allauth asks that of an app alone."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows."""
        shown = super().get_context_data(**kwargs)
        return {**shown, "may_go": get_factor_adapter().can_delete_authenticator(self.object)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it, or show the page that says why it stays."""
        if not get_factor_adapter().can_delete_authenticator(self.object):
            shown = self.get_context_data(form=form)
            refused: HttpResponse = self.render_to_response(shown, status=422)
            return refused
        answer: HttpResponse = super().form_valid(form)
        return answer


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def unbind(request: PageRequest) -> HttpResponse:
    """Unbind a person from their company's sign-in, after a fresh proof.

    :raises NotFound: if they are bound to none
    """
    bound = bound_provider(request.actor)
    if bound is None or bound.since is None:
        raise NotFound("You are bound to no company's sign-in.")
    if request.method == "POST":
        name = unbind_myself(actor=request.actor, now=request.now)
        tell_unbound(request.user, name)
        said = f"You are unbound from {name}."
        if Session.objects.filter(session_key=request.session.session_key).exists():
            messages.success(request, said)
            return HttpResponseRedirect("/account/")
        # This session began there. What is left of it is dropped, or saving it would fail.
        logout(request)
        messages.success(request, f"{said} Sign in with your password.")
        return HttpResponseRedirect("/sign-in/")
    return page(request, "account/unbind.html", {"provider": bound, "only_way_in": ONLY_WAY_IN})


def tell_unbound(user: Any, name: str) -> None:
    """Mail a person that they are bound no more: they may not be who did it."""
    get_adapter().send_notification_mail("account/email/provider_unbound", user, {"name": name})
