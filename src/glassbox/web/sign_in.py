"""Signing in and out. The demo lists its people; a real installation asks for both fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from glassbox.operations.sign_in import SignInRefused, sign_in_person
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


class SignInForm(forms.Form):
    email = forms.EmailField(label="E-mail")
    password = forms.CharField(label="Password", widget=forms.PasswordInput, max_length=200)


@require_http_methods(["GET", "POST"])
def sign_in(request: PageRequest) -> HttpResponse:
    """Ask for e-mail and password, and go where the person wanted to go."""
    wanted = str(request.GET.get("next", "/"))
    form = SignInForm(request.POST or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            user = sign_in_person(
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password"],
                now=request.now,
            )
        except SignInRefused as refusal:
            problem = refusal.message
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return HttpResponseRedirect(_safe(request, wanted))
    return page(
        request,
        "sign_in.html",
        {"form": form, "problem": problem, "people": _demo_people(), "wanted": wanted},
        status=422 if problem else 200,
    )


@require_POST
def sign_out(request: PageRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    response = HttpResponseRedirect("/sign-in/")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _safe(request: PageRequest, wanted: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours else "/"


def _demo_people() -> list[dict[str, Any]]:
    if settings.GLASSBOX_ENVIRONMENT != "demo" or not settings.GLASSBOX_DEMO_PEOPLE_FILE:
        return []
    path = Path(settings.GLASSBOX_DEMO_PEOPLE_FILE)
    people: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return people
