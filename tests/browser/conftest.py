"""One running Glassbox and one Chromium for all browser tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, sync_playwright

from glassbox.cli.demo_brand import MAKER, MOVER, open_brand
from glassbox.runtime.postgres import Cluster
from tests import listening
from tests.browser.house import House
from tests.browser.main_job import Job, do_the_main_job
from tests.browser.visitor import AXE, Visitor
from tests.conftest import TEMPLATE, _connect_django
from tests.desk import Desk
from tests.journeys.story import SUPPLIER
from tests.journeys.wholesale import hire_crew
from tests.openid_provider import OpenIdProvider, openid_provider, providers_file

HERE = str(Path(__file__).parent)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"]
Visit = Callable[..., Visitor]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: while it runs, Django refuses its database to this thread."""
    items.sort(key=lambda item: str(item.path).startswith(HERE))


@pytest.fixture(scope="session")
def sign_on_provider() -> Iterator[OpenIdProvider]:
    """The company's own sign-in."""
    with openid_provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def house(
    cluster: Cluster, simulator_process: str, sign_on_provider: OpenIdProvider
) -> Iterator[House]:
    """A Glassbox with the cast, an open delivery of distillate, and some carts on the shelf."""
    home = Path(tempfile.mkdtemp(prefix="glassbox-browser-"))
    cluster.create_database("glassbox_browser", template=TEMPLATE)
    urls = cluster.urls("glassbox_browser")
    connections["default"].close()
    _connect_django(urls.application)
    now = datetime.now(UTC).replace(microsecond=0)
    with Desk(simulator_process) as desk:
        desk.do("reset", world="empty")
        with override_settings(
            PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
            GLASSBOX_KEYS_FOLDER=home / "keys",
            GLASSBOX_VAULT_FOLDER=home / "vault",
            GLASSBOX_VAULT_PUBLIC_FILE=home / "metrc-keys.public.json",
        ):
            brand = open_brand(
                metrc_users=desk.keys()["users"], sync_from=now - timedelta(hours=3), now=now
            )
        connections["default"].close()
        stock(desk)
        listening.hear(desk.keys(), brand.passwords, urls)
        providers = providers_file(home, sign_on_provider.address)
        house = House(urls=urls, desk=desk, brand=brand, home=home, providers=providers)
        try:
            house.wait_until_it_serves()
            house.read(MAKER, MOVER)
            yield house
        finally:
            house.close()
            listening.search_database(urls)
            shutil.rmtree(home, ignore_errors=True)


def stock(desk: Desk) -> None:
    """Crude oil stands in the vault, and a crew on METRC's lists."""
    shipped = desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MAKER,
        packages=[
            {"item": "Crude Oil", "quantity": grams, "unitOfMeasure": "Grams"}
            for grams in (5000, 4000, 3000)
        ],
    )
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[
            {"label": label, "receivedQuantity": grams}
            for label, grams in zip(shipped["labels"], (5000, 4000, 3000), strict=True)
        ],
    )
    for number in (MAKER, MOVER):
        hire_crew(desk, number)


@pytest.fixture(scope="session")
def browser(house: House) -> Iterator[Browser]:
    """Debian's Chromium. Without it the tests fail and say what to install; they never skip."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("There is no chromium on the PATH. Say `make chromium`, or install it.")
    if not AXE.exists():
        pytest.fail("axe-core is not installed. Say `make setup`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, house: House) -> Iterator[Visit]:
    """Call it with a name: that person signs in; at the end no page may have had an error."""
    visitors: list[Visitor] = []

    def come(name: str, **size: int) -> Visitor:
        visitors.append(Visitor(browser, house, name, **size))
        return visitors[-1].sign_in()

    yield come
    for visitor in visitors:
        visitor.close()


@pytest.fixture(scope="session")
def finished_job(browser: Browser, house: House) -> Job:
    """The main job, played once by clicks; later tests look at what it left behind."""
    return do_the_main_job(browser, house)
