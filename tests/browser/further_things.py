"""What the main job leaves none of, made by clicks: holds, counts, cases, waves, packs, imports."""

from __future__ import annotations

import re

from playwright.sync_api import Browser

from glassbox.cli.demo_brand import MOVER
from tests.browser.house import House
from tests.browser.main_job import CART, CARTS_TAG, RETAILER
from tests.browser.visitor import Visitor
from tests.db.web.signing_in import code_of

TAGS = ["1A4060300000002000000411", "1A4060300000002000000412"]
SOME_DAY = "2027-06-01"
IVYS_MAIL, NEW_PASSWORD = "ivy@goldenpoppy.example", "winter orchard copper 41"


def make_further_things(browser: Browser, house: House) -> None:
    """Make one of each at the distributor, as its people do."""
    fay, dee, hal = (Visitor(browser, house, name).sign_in() for name in ("Fay", "Dee", "Hal"))
    here, carts = f"/l/{MOVER}/", f"/l/{MOVER}/packages/{CARTS_TAG}/"
    _sign_two_splits_at_once(dee, hal, here)
    _prepare_for_a_visit(fay, here)
    _watch(fay, here)
    _count(dee, here)
    _differ(fay, house, here)
    fay.send(f"{carts}hold/", reason="A cart leaks")
    fay.open(f"{carts}lift-hold/")
    owen = Visitor(browser, house, "Owen").sign_in()
    owen.open(f"{here}company/people/")
    owen.open(str(owen.page.locator("#main a[href*='/roles/']").first.get_attribute("href")))
    for visitor in (fay, dee, hal, owen):
        visitor.close()


def _sign_two_splits_at_once(dee: Visitor, hal: Visitor, here: str) -> None:
    order = dee.send(
        f"{here}orders/new/",
        number="SO-R2",
        buyer_license_number=RETAILER,
        delivery_date=SOME_DAY,
        lines__item=[CART],
        lines__quantity=["20"],
        lines__unit_price=["11.50"],
    )
    hal.open(order)
    hal.press("Confirm the order")
    for label in TAGS:
        hal.send(f"{order}allocate/", label=CARTS_TAG, allocated_quantity="10", split_label=label)
    dee.send(f"{order}split/", reason="Split for SO-R2")
    dee.open(f"{order}wave/")
    dee.press("Send them for one signature")


def _prepare_for_a_visit(fay: Visitor, here: str) -> None:
    fay.send(f"{here}inspection/new/", text=CARTS_TAG, reason="DCC visit")
    fay.send(f"{here}packs/new/", choice="uids", text=CARTS_TAG, reason="DCC visit")
    fay.send(
        f"{here}inspectors/new/", name="Ivo", email="ivo@inspection.example", reason="DCC visit"
    )


def _watch(fay: Visitor, here: str) -> None:
    fay.send(f"{here}alerts/dates/new/", kind="INSURANCE", what="Van 2", day=SOME_DAY)
    fay.send(f"{here}alerts/webhooks/new/", url="http://127.0.0.1:9/", secret="s" * 40)
    fay.send(f"{here}outage/lost/", reason="METRC does not open")
    fay.open(f"{here}outage/regained/")
    fay.send(f"{here}imports/new/tags/", text=f"First UID\n{TAGS[0]}")


def _count(dee: Visitor, here: str) -> None:
    count = dee.send(f"{here}counts/new/", purpose="CYCLE")
    dee.open(f"{count}sheet/")
    dee.open(f"{count}print/")


def _differ(fay: Visitor, house: House, here: str) -> None:
    """Somebody takes a cart out by METRC's own pages, and both books are compared."""
    house.desk.do(
        "adjust",
        licenseNumber=MOVER,
        label=CARTS_TAG,
        quantity=-1,
        unitOfMeasure="Each",
        reason="Waste",
    )
    house.read(MOVER)
    fay.open(f"{here}reconciliation/")
    fay.press("Compare")
    fay.open(f"{here}differences/{CARTS_TAG}/correct/")
    fay.open(f"{here}differences/{CARTS_TAG}/explain/")


def sit_at_the_door(browser: Browser, house: House) -> None:
    """Forget a password, add an app, come in with its code, lock the tablet and open it again."""
    ivy = Visitor(browser, house, "Ivy at the door")
    ivy.open("/sign-in/forgotten/")
    ivy.fill(email=IVYS_MAIL)
    ivy.press_the_main_button()
    mails = [mail.read_text(encoding="utf-8") for mail in (house.home / "mails").iterdir()]
    link = re.search(r"/sign-in/password/\S+", "".join(one for one in mails if IVYS_MAIL in one))
    assert link is not None, mails
    ivy.open(link[0])
    ivy.fill(password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    ivy.press_the_main_button()
    _sign_in(ivy)
    ivy.open("/account/app/")
    ivy.fill(password=NEW_PASSWORD)
    ivy.press_the_main_button()
    secret = ivy.page.locator("main code").inner_text().strip()
    ivy.fill(code=code_of(secret, -1))
    ivy.press_the_main_button()
    for page in ("/account/codes/", "/account/codes/new/", "/account/app/remove/", "/account/pin/"):
        ivy.open(page)
    ivy.fill(pin="482173")
    ivy.press_the_main_button()
    with ivy.page.expect_navigation():
        ivy.page.locator("form[action='/lock/'] button").click()
    ivy.fill(pin="482173")
    ivy.press_the_main_button()
    ivy.close()
    again = Visitor(browser, house, "Ivy, again")
    _sign_in(again)
    again.fill(code=code_of(secret))
    again.press_the_main_button()
    again.open("/confirm/code/")
    again.close()


def _sign_in(visitor: Visitor) -> None:
    visitor.open("/sign-in/")
    visitor.fill(login=IVYS_MAIL, password=NEW_PASSWORD)
    visitor.press_the_main_button()
