"""Makes docs/screenshots/ anew: starts a demo of its own and walks through it with Chromium."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "screenshots"
WIDE, NARROW = (1440, 900), (1024, 768)
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAKER, MOVER = "CDPH-19990001", "C11-9990001-LIC"
PAGES = (
    ("flow", "Fay", "/both/"),
    ("packages-distribution", "Hal", f"/l/{MOVER}/packages/"),
    ("packages-manufacturing", "Ana", f"/l/{MAKER}/packages/"),
    ("actions", "Fay", "/both/actions/"),
    ("incoming", "Dee", f"/l/{MAKER}/transfers/incoming/?show=all"),
    ("outgoing", "Hal", f"/l/{MOVER}/transfers/outgoing/?show=all"),
    ("catalog", "Ana", f"/l/{MAKER}/catalog/"),
    ("sync", "Fay", f"/l/{MAKER}/sync/"),
    ("company", "Owen", "/both/company/"),
    ("people", "Owen", f"/l/{MAKER}/company/people/"),
    ("tokens", "Ana", f"/l/{MAKER}/company/tokens/"),
    ("terms", "Owen", "/both/company/terms/"),
    ("installation", "Owen", "/both/company/installation/"),
    ("cases", "Fay", "/both/cases/"),
    ("alerts", "Fay", "/both/alerts/"),
    ("channels", "Owen", f"/l/{MAKER}/alerts/channels/"),
    ("own-sign-in", "Owen", "/account/"),
    ("waves", "Fay", "/both/actions/waves/"),
    ("rules", "Fay", "/both/rules/"),
    ("lab", "Eve", f"/l/{MOVER}/lab/"),
    ("scan", "Hal", f"/l/{MOVER}/scan/"),
    ("inspections", "Hal", f"/l/{MOVER}/inspection/"),
    ("audit", "Ivy", "/both/audit/"),
    ("packs", "Fay", "/both/packs/"),
)

THREE_DAYS_SECONDS = 3 * 24 * 3600
UID_LINK = "table.package-grid td.uid-cell a"
# A name, the list it is found in, the link to follow, and the parts of the page behind it.
BEHIND = (
    (
        "package",
        "/both/packages/?view=on-hold",
        UID_LINK,
        ("", "gates/", "snapshots/", "exchanges/"),
    ),
    ("batch", "/both/packages/?view=all&text=PB-D-105", UID_LINK, ("lineage/",)),
    ("production", f"/l/{MAKER}/batches/", "main table td a", ("", "package/")),
    ("order", f"/l/{MOVER}/orders/", "main table td a", ("",)),
    ("release", f"/l/{MOVER}/packages/?text=Vape", UID_LINK, ("qa/",)),
    ("receiving", f"/l/{MAKER}/transfers/incoming/?show=open", "main table td a", ("", "count/")),
    ("action", "/both/actions/", "main table td a", ("",)),
    ("transfer", f"/l/{MOVER}/transfers/outgoing/?show=open", "main table td a", ("",)),
)


def main() -> int:
    """Walk through every page as the person it is for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--wait", type=float, default=75.0, help="seconds for the first read")
    parser.add_argument("--narrow", action="store_true", help="the size of a tablet as well")
    arguments = parser.parse_args()
    sizes = (WIDE, NARROW) if arguments.narrow else (WIDE,)
    arguments.out.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="glassbox-screenshots-"))
    port = _free_port()
    demo = subprocess.Popen(
        [str(Path(sys.executable).parent / "glassbox"), "demo", f"--port={port}", f"--home={home}"],
        stdout=(home / "said.txt").open("w", encoding="utf-8"),
    )
    try:
        _wait_for(port)
        time.sleep(arguments.wait)
        people = json.loads((home / "demo-people.json").read_text())
        said = (home / "said.txt").read_text(encoding="utf-8")
        desk = re.findall(r"http://\S+/desk/", said)[0]
        by_name = {person["name"]: person for person in people}
        _walk(f"http://127.0.0.1:{port}", desk, by_name, arguments.out, sizes)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
        shutil.rmtree(home, ignore_errors=True)
    return 0


def _walk(
    address: str,
    desk: str,
    people: dict[str, dict[str, str]],
    out: Path,
    sizes: tuple[tuple[int, int], ...],
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=BROWSER_FLAGS
        )
        _draft_an_action(browser, address, people["Ana"])
        _open_a_batch(browser, address, people["Ana"])
        _take_an_order(browser, address, people)
        for width, height in sizes:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(f"{address}/sign-in/")
            page.screenshot(path=str(out / f"sign-in-{width}.png"))
            signed_in = ""
            for name, person, path in PAGES:
                if person != signed_in:
                    _sign_in(page, address, people[person])
                    signed_in = person
                page.goto(address + path)
                page.screenshot(path=str(out / f"{name}-{width}.png"))
            _behind_the_first_row(page, address, out, width)
            page.goto(desk)
            page.wait_for_timeout(400)
            page.screenshot(path=str(out / f"desk-{width}.png"))
            page.close()
        browser.close()


def _draft_an_action(browser: Browser, address: str, person: dict[str, str]) -> None:
    """An action for the pages of actions to show: an adjustment that waits for its review."""
    page = browser.new_page()
    _sign_in(page, address, person)
    page.goto(f"{address}/l/{MAKER}/packages/?text=Distillate")
    target = page.locator(UID_LINK).first.get_attribute("href")
    page.goto(f"{address}{target}draft/adjust/")
    page.fill("#quantity", "28.5")
    page.select_option("#metrc_reason", "Scale Variance")
    page.fill("#note", "Weighed twice on scale 2.")
    page.fill("#reason", "The morning count found half a gram less.")
    page.click("form.draft-form button.btn-primary")
    page.wait_for_load_state()
    page.click("text=Send for review")
    page.wait_for_load_state()
    page.close()


def _open_a_batch(browser: Browser, address: str, person: dict[str, str]) -> None:
    """A batch with an ingredient and a step, for the pages of production."""
    page = browser.new_page()
    _sign_in(page, address, person)
    page.goto(f"{address}/l/{MAKER}/packages/?text=Distillate")
    label = str(page.locator(UID_LINK).last.get_attribute("href")).split("/")[4]
    page.goto(f"{address}/l/{MAKER}/batches/new/")
    _fill_and_press(
        page,
        number="PB-V-301",
        product="Blue Dream Vape Cart 1 g",
        process="filling",
        protocol_version="SOP-V-7",
        planned_quantity="500",
        unit="Each",
        label_claim_mg="856",
        **{"planned_inputs-label": label, "planned_inputs-quantity": "501.5"},
    )
    batch = page.url
    page.goto(f"{batch}ingredient/")
    _fill_and_press(page, material="Distillate", quantity_value="501.5", label=label)
    page.goto(f"{batch}step/")
    _fill_and_press(page, step="Fill", text="Filled and capped on line 1 at 45 degrees.")
    page.close()


def _take_an_order(browser: Browser, address: str, people: dict[str, dict[str, str]]) -> None:
    """An order that a second person confirmed, for the pages of selling."""
    page = browser.new_page()
    _sign_in(page, address, people["Dee"])
    page.goto(f"{address}/l/{MOVER}/orders/new/")
    _fill_and_press(
        page,
        number="SO-3001",
        buyer_license_number="C10-9990002-LIC",
        delivery_date=time.strftime("%Y-%m-%d", time.gmtime(time.time() + THREE_DAYS_SECONDS)),
        **{
            "lines-item": "Blue Dream Vape Cart 1 g",
            "lines-quantity": "120",
            "lines-unit_price": "11.50",
        },
    )
    order = page.url
    _sign_in(page, address, people["Hal"])
    page.goto(order)
    page.click("text=Confirm the order")
    page.wait_for_load_state()
    page.close()


def _fill_and_press(page: Page, **typed: str) -> None:
    for name, value in typed.items():
        field = page.locator(f"main [name='{name}']").first
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with page.expect_navigation():
        page.click("main .work-form .btn-primary")


def _behind_the_first_row(page: Page, address: str, out: Path, width: int) -> None:
    for name, listing, link, parts in BEHIND:
        page.goto(address + listing)
        first = page.locator(link).first
        if first.count() == 0:
            continue
        target = str(first.get_attribute("href"))
        for part in parts:
            page.goto(address + target + part)
            page.wait_for_timeout(400)
            page.screenshot(path=str(out / f"{name}{'-' if part else ''}{part[:-1]}-{width}.png"))


def _sign_in(page: Page, address: str, person: dict[str, str]) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in/")
    page.fill("#id_login", person["email"])
    page.fill("#id_password", person["password"])
    page.click("button.btn-primary")
    page.wait_for_load_state()


def _wait_for(port: int) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/", timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise SystemExit("The demo did not come up.")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
