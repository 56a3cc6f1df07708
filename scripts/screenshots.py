"""Makes docs/screenshots/ anew: starts a demo of its own and walks through it with Chromium."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "screenshots"
SIZES = ((1440, 900), (1024, 768))
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
    ("incoming", "Dee", f"/l/{MAKER}/transfers/incoming/?show=all"),
    ("outgoing", "Hal", f"/l/{MOVER}/transfers/outgoing/?show=all"),
    ("catalog", "Ana", f"/l/{MAKER}/catalog/"),
    ("sync", "Fay", f"/l/{MAKER}/sync/"),
    ("company", "Owen", "/both/company/"),
    ("audit", "Ivy", "/both/audit/"),
)


def main() -> int:
    """Walk through every page as the person it is for, in both sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--wait", type=float, default=25.0, help="seconds for the first read")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="glassbox-screenshots-"))
    port = _free_port()
    demo = subprocess.Popen(
        [str(Path(sys.executable).parent / "glassbox"), "demo", f"--port={port}", f"--home={home}"],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        time.sleep(arguments.wait)
        people = json.loads((home / "demo-people.json").read_text())
        _walk(f"http://127.0.0.1:{port}", {p["name"]: p for p in people}, arguments.out)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
        shutil.rmtree(home, ignore_errors=True)
    return 0


def _walk(address: str, people: dict[str, dict[str, str]], out: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=BROWSER_FLAGS
        )
        for width, height in SIZES:
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
            _one_package(page, address, out, width)
            page.close()
        browser.close()


def _one_package(page: Page, address: str, out: Path, width: int) -> None:
    page.goto(f"{address}/both/packages/?view=all")
    first = page.locator("table.package-grid td.uid-cell a").first
    if first.count() == 0:
        return
    target = str(first.get_attribute("href"))
    for name in ("", "lineage/", "snapshots/", "exchanges/"):
        page.goto(address + target + name)
        page.wait_for_timeout(400)
        page.screenshot(path=str(out / f"package-{name.rstrip('/') or 'overview'}-{width}.png"))


def _sign_in(page: Page, address: str, person: dict[str, str]) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in/")
    page.fill("#id_email", person["email"])
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
