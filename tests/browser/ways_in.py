"""How a person comes in: by a passkey of an authenticator in software, and by their company."""

from __future__ import annotations

from playwright.sync_api import Browser

from glassbox.cli.demo_brand import MOVER
from tests.browser.house import House
from tests.browser.visitor import Visitor

# Nobody else of the browser tests signs in as the driver.
WHO = "Gus"
OWN, LIST, ADD = "/account/", "/account/passkeys/", "/account/passkeys/add/"
SIGNED = f"/l/{MOVER}/takeover/key/"
OF_THIS_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def live_with_passkeys(browser: Browser, house: House) -> None:
    """Add passkeys, sign in, sign and confirm with one, rename one, and remove them."""
    with house.strict() as address:
        gus = Visitor(browser, house, WHO, address=address)
        _come_in_by_password(gus, house)
        _add(gus, "Dock tablet")
        gus.sees("Shown this once")
        _come_in_by_passkey(gus)
        _sign_and_confirm_by_it(gus)
        _rename(gus, "Dock tablet", "Van tablet")
        _keep_the_last(gus)
        # Where no factor is required the last one may go too: the house is as it was.
        gus.address = house.address.replace("127.0.0.1", "localhost")
        _remove(gus, "Van tablet")
        gus.sees("You have none yet.")
        # What asks for a signature is no answer yet, and a browser calls it an error.
        gus.problems = [one for one in gus.problems if SIGNED not in one]
        gus.close()


def come_by_the_company(browser: Browser, house: House) -> None:
    """Sign Fay in by her company's own sign-in, and have her look at what unbinding would do."""
    fay = Visitor(browser, house, "Fay by her company")
    fay.open("/sign-in/")
    with fay.page.expect_navigation(url=f"{house.address}/both/"):
        fay.page.get_by_role("button", name="Sign in with Golden Poppy").click()
    fay.open(OWN)
    fay.sees("bound by yourself")
    fay.follow("unbind…")
    fay.page.fill("#id_password", house.brand.passwords["Fay"])
    fay.press("Confirm")
    fay.sees("Unbinding makes Glassbox forget")
    fay.close()


def _come_in_by_password(gus: Visitor, house: House) -> None:
    password = house.brand.passwords[WHO]
    gus.open("/sign-in/")
    gus.debugger.send("WebAuthn.enable")
    gus.debugger.send("WebAuthn.addVirtualAuthenticator", {"options": OF_THIS_DEVICE})
    gus.page.fill("#id_login", f"{WHO.lower()}@goldenpoppy.example")
    gus.page.fill("#id_password", password)
    gus.press("Sign in")
    gus.open(ADD)
    gus.page.fill("#id_password", password)
    gus.press("Confirm")


def _add(gus: Visitor, name: str) -> None:
    assert gus.where().startswith(ADD), gus.where()
    gus.fill(name=name, passwordless=True)
    gus.press("Add it")


def _come_in_by_passkey(gus: Visitor) -> None:
    with gus.page.expect_navigation():
        gus.page.get_by_role("button", name="Sign out").click()
    gus.open("/sign-in/?next=/account/")
    gus.press("Sign in with a passkey")
    gus.open(OWN)
    gus.sees("Dock tablet")


def _sign_and_confirm_by_it(gus: Visitor) -> None:
    gus.open(SIGNED)
    gus.sees("Your signature")
    gus.press("Sign with a passkey")
    assert "Your signature" not in gus.page.inner_text("main")
    gus.open("/confirm/passkey/?next=/account/passkeys/")
    gus.press("Use a passkey")
    assert gus.where() == LIST, gus.where()


def _rename(gus: Visitor, old: str, new: str) -> None:
    gus.open(LIST)
    gus.sees(old)
    gus.follow("rename…")
    gus.house.look(gus)
    gus.fill(name=new)
    gus.press("Rename it")
    gus.sees(new)


def _keep_the_last(gus: Visitor) -> None:
    gus.follow("remove…")
    gus.house.look(gus)
    gus.sees("Van tablet")
    gus.sees("last")


def _remove(gus: Visitor, name: str) -> None:
    gus.open(LIST)
    gus.follow("remove…")
    gus.sees(name)
    gus.press("Remove it")
