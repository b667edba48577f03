"""The pages as a browser shows them: nothing inaccessible, nothing cut off, in both schemes, narrow and wide."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from service.ledger import Ledger
from service.ledger.columns import metadata
from tests.pages.filled import FAULT, Parts, fill, web
from tests.support.system import CHROMIUM_FLAGS

pytestmark = pytest.mark.system

PAGES = (
    "/",
    "/items",
    "/items?state=unfinished&team=payments",
    "/items/1",
    "/items/8",
    "/items/8?decided=correct",
    "/attention?decided=release",
    "/postmortems",
    "/postmortems/1",
    "/attention",
    "/health-of-sync",
    "/definitions",
    "/items/999",
)
WIDTHS = {"narrow": {"width": 360, "height": 800}, "wide": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A filled web on a port of its own."""
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('browser') / 'ledger.sqlite'}")
    metadata.create_all(ledger.engine)
    fill(ledger)
    server = make_server("127.0.0.1", 0, web(Parts(ledger, faults=(FAULT,))), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
    ledger.close()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=list(WIDTHS))
def page(request: pytest.FixtureRequest, browser: Browser, scheme: str) -> Iterator[Page]:
    # The checker puts its own script into the page, which the page's policy rightly forbids.
    context = browser.new_context(viewport=WIDTHS[request.param], color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_no_page_has_a_fault_that_axe_can_see(page: Page, address: str) -> None:
    found = []
    for path in PAGES:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        results = Axe().run(page)
        found += [
            (path, fault["id"], [node["html"][:120] for node in fault["nodes"][:3]])
            for fault in results.response["violations"]
        ]
    assert found == []


def test_no_page_scrolls_sideways(page: Page, address: str) -> None:
    wide = []
    for path in PAGES:
        page.goto(address + path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)
    assert wide == []


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_policy_of_the_pages_hinders_nothing_that_they_need(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES[:-1]:
        page.goto(address + path)
    context.close()
    assert complaints == []
    assert all(url.startswith((address, "data:")) for url in asked)


def test_print_shows_the_exact_dates_and_no_navigation(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/items?state=unfinished")
    page.emulate_media(media="print")
    after = "getComputedStyle(document.querySelector('td.when time'), '::after').content"
    assert "2026" in page.evaluate(after) or "attr(title)" in page.evaluate(after)
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    context.close()


def test_a_form_works_without_a_script(browser: Browser, address: str) -> None:
    """With all that a browser adds of its own: the cookie, where the form comes from."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/items/8")
    page.fill("input[name=due_on]", "2027-01-15")
    page.fill("input[name=reason]", "asked the author")
    page.click("button[value=correct]")
    assert page.url == f"{address}/items/8?decided=correct"
    assert "Corrected." in page.inner_text("[role=status]")
    page.click("button[value=correct]")
    # The browser itself asks for the reason.
    assert page.url == f"{address}/items/8?decided=correct"
    assert page.input_value("input[name=due_on]") == "2027-01-15"
    context.close()
