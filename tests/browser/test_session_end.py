"""A page that is left open shows nothing any more once its session has ended."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit

HOUR = "01:00:00"
ENDED = "Your session has ended"


def test_a_page_clears_itself_when_its_session_ends_or_nobody_answers(visit: Visit) -> None:
    fay = visit("Fay")
    page = fay.page
    page.clock.install()
    fay.open("/both/packages/")
    assert int(page.locator("body").get_attribute("data-idle-seconds") or 0) > 0

    # The session lives, for another tab was used: nothing happens, and asking lengthens nothing.
    with page.expect_response("**/account/alive/") as asked:
        page.clock.fast_forward(HOUR)
    assert asked.value.status == 204
    expect(page.locator(".who")).to_contain_text("Fay")

    page.context.clear_cookies()
    page.clock.fast_forward(HOUR)
    expect(page.locator("body")).to_have_text("Your session has ended. Sign in to go on.")
    expect(page.locator(".who")).to_have_count(0)

    again = visit("Fay")
    again.page.clock.install()
    again.open("/both/packages/")
    again.page.context.set_offline(True)
    again.page.clock.fast_forward(HOUR)
    expect(again.page.locator("body")).to_contain_text(ENDED)
    again.problems.clear()
