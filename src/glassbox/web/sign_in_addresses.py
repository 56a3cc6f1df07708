"""The addresses of signing in: open ones before it, and a person's own factors and sessions after."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.urls import URLPattern, path, re_path

from glassbox.web import floor_lock, own_sign_in, sign_in, single_sign_on

OPEN: list[URLPattern] = [
    path("sign-in/", sign_in.SignInView.as_view(), name="account_login"),
    path("sign-in/by/<str:provider_id>/", single_sign_on.begin, name="single_sign_on"),
    path("sign-in/by/<str:provider_id>/back/", single_sign_on.back, name="single_sign_on_back"),
    path("sign-in/code/", factors.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/forgotten/", account.password_reset, name="account_reset_password"),
    path(
        "sign-in/forgotten/sent/", account.password_reset_done, name="account_reset_password_done"
    ),
    path(
        "sign-in/password/set/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # A key holds dashes itself; the id before it does not.
    re_path(
        r"^sign-in/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
]
OWN: list[URLPattern] = [
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("lock/", floor_lock.lock, name="lock"),
    path("unlock/", floor_lock.unlock, name="unlock"),
    path("account/pin/", floor_lock.floor_pin, name="floor_pin"),
    path("account/", own_sign_in.OwnSignInView.as_view(), name="mfa_index"),
    path("account/provider/unbind/", own_sign_in.unbind, name="provider_unbind"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/app/", app.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("account/passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/edit/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove/",
        own_sign_in.RemovePasskeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("account/alive/", sign_in.alive, name="session_alive"),
    path("account/sessions/", sign_in.own_sessions, name="usersessions_list"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("confirm/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
OPEN_NAMES = frozenset(str(one.name) for one in OPEN)
OWN_NAMES = frozenset(str(one.name) for one in OWN)
