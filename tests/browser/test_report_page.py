"""The demo's pages in a real browser: they fit a phone and a desktop, and need neither script nor network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestration.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield chromium
        chromium.close()


def pages(demo: Workspace) -> list[Path]:
    current = (demo.releases / "current").read_text("utf-8").strip()
    reports = sorted((demo.reports / current).glob("*/report.html"))
    return [reports[0], reports[57], demo.releases / current / "checks.html"]


@pytest.mark.parametrize("width", [375, 1040])
def test_pages_fit_without_sideways_scroll_or_requests(demo: Workspace, browser: Browser, width: int) -> None:
    for path in pages(demo):
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=True, offline=True)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        assert asked == [path.as_uri()]
        assert page.locator("h1").count() == 1
        assert page.locator("script").count() == 0
        context.close()


def test_the_answer_stands_on_the_first_screen(demo: Workspace, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1040, "height": 900})
    page.goto(pages(demo)[0].as_uri())
    heading = page.get_by_role("heading", name="At a glance").bounding_box()
    assert heading is not None
    assert heading["y"] < 500
    page.close()
