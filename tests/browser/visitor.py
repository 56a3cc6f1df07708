"""A person at a browser, who notices every error that the console or the network tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from tests.browser.house import House

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ACCEPTED_WITHIN_MILLISECONDS = 40_000
PATIENCE_MILLISECONDS = 30_000

# axe's findings that shut somebody out; the lesser ones are advice.
GRAVE = ("serious", "critical")
ASK_AXE = (
    "async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(v =>"
    " ({id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))}))"
)
# What turns for ever, as a sign of waiting, is left out.
UNTIL_NOTHING_MOVES = (
    "() => Promise.all(document.getAnimations()"
    ".filter(one => one.effect.getComputedTiming().endTime < Infinity)"
    ".map(one => one.finished.catch(() => null)).concat(null)).then(() => null)"
)
WIDER_THAN_THE_WINDOW = (
    "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
)


class Visitor:
    """One person, signed in, in a browser context of their own."""

    def __init__(
        self,
        browser: Browser,
        house: House,
        name: str,
        *,
        width: int = 1440,
        height: int = 900,
        address: str = "",
    ) -> None:
        self.house = house
        self.address = address or house.address
        self.name = name
        self.problems: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, storage_state=house.sessions.get(name)
        )
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        self.page: Page = self.context.new_page()
        # Kept open: one that leaves takes the authenticator that another plugged in with it.
        self.debugger = self.context.new_cdp_session(self.page)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("response", self._look_at)

    def sign_in(self) -> Visitor:
        """Sign in by the form, once, and land on the flow."""
        if self.name in self.house.sessions:
            self.open("/both/")
            return self
        domain = "neighboredibles" if self.name == "Nell" else "goldenpoppy"
        self.page.goto(f"{self.address}/sign-in/")
        self.page.fill("#id_login", f"{self.name.lower()}@{domain}.example")
        self.page.fill("#id_password", self.house.brand.passwords[self.name])
        self.page.click("button.btn-primary")
        self.page.wait_for_selector("#flow")
        self.house.sessions[self.name] = self.context.storage_state()
        return self

    def open(self, address: str) -> Page:
        """Open a page by its address below the house."""
        self.page.goto(f"{self.address}{address}")
        self.house.look(self)
        return self.page

    def fill(self, **typed: Any) -> None:
        """Fill in fields by their names: text, a choice, a list for rows, True for a tick."""
        for name, value in typed.items():
            places = self.page.locator(f"main [name='{name.replace('__', '-')}']")
            values = value if isinstance(value, list) else [value]
            for number, one in enumerate(values):
                place = places.nth(number)
                if one is True:
                    place.check()
                elif place.evaluate("node => node.tagName") == "SELECT":
                    place.select_option(str(one))
                else:
                    place.fill(str(one))

    def press(self, words: str) -> str:
        """Press the button of the page that says this; return the address it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("button", name=words).first.click()
        return self._not_refused(words)

    def send(self, address: str, **typed: Any) -> str:
        """Open a form, fill it in and press its button; return where it leads."""
        self.open(address)
        self.fill(**typed)
        with self.page.expect_navigation():
            self.page.click("main .work-form .btn-primary, main .draft-form .btn-primary")
        return self._not_refused(address)

    def _not_refused(self, what: str) -> str:
        alert = self.page.locator("main .alert-danger, main .invalid-feedback")
        assert alert.count() == 0, f"{what}: {alert.first.inner_text()}"
        self.house.look(self)
        return self.where()

    def press_the_main_button(self) -> str:
        """Press the one button that stands out; return the address it leads to."""
        with self.page.expect_navigation():
            self.page.click("main button.btn-primary")
        return self._not_refused(self.where())

    def follow(self, words: str) -> str:
        """Follow the link that says this; return where it leads."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=words, exact=True).first.click()
        return self.where()

    def where(self) -> str:
        """Return the address of the page that is open, below the house."""
        return self.page.url.removeprefix(self.address)

    def sees(self, text: str) -> None:
        """Assert that the page shows a text."""
        expect(self.page.locator("main")).to_contain_text(text)

    def sees_accepted(self) -> None:
        """Wait, as a person does, until the open action says that METRC shows it."""
        expect(self.page.locator("#action .page-head .badge")).to_have_text(
            "Accepted", timeout=ACCEPTED_WITHIN_MILLISECONDS
        )

    def grave_findings(self) -> list[str]:
        """Return what axe finds on the open page, once nothing on it loads or is faded in."""
        expect(self.page.locator('[aria-busy="true"], .htmx-request')).to_have_count(0)
        self.page.evaluate(UNTIL_NOTHING_MOVES)
        # By the debugger, which the page's own policy does not bind.
        self.debugger.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        found = self.page.evaluate(ASK_AXE)
        return [json.dumps(one) for one in found if one["impact"] in GRAVE]

    def pixels_too_wide(self) -> int:
        """Return by how much the open page is wider than its window."""
        pixels: int = self.page.evaluate(WIDER_THAN_THE_WINDOW)
        return pixels

    def close(self) -> None:
        """Leave; nothing may have gone wrong on any page that was open."""
        self.context.close()
        assert self.problems == [], "\n".join(self.problems)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console on {self.page.url}: {message.text}")

    def _look_at(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status} from {response.url}")
