"""A headless Chromium that looks at our pages, and remembers what went wrong in them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ROOT = Path(__file__).parents[2]
AXE = ROOT / "api/web/app/node_modules/axe-core/axe.min.js"
SCREENS = ROOT / "data" / "screens"
"""Git ignores it. Whoever changes a page looks at these; they are made where the variable `SCREENS` is set."""
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
SERIOUS = ("serious", "critical")
_RUN_AXE = "axe.run(document, {rules: {'target-size': {enabled: true}}}).then(found => found.violations)"
"""With the one rule of WCAG 2.2 AA that axe leaves out unless it is asked for."""
_RUN_COLOURS = "axe.run(document, {runOnly: ['color-contrast', 'link-in-text-block']}).then(found => found.violations)"
_FINISH = "document.getAnimations().forEach(a => { if (isFinite(a.effect.getComputedTiming().endTime)) a.finish() })"


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """One browser process, with a profile of its own that is removed with it; with `flags` of its own too."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(prefix="assay-chromium-") as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags], env={"HOME": home})
        yield browser
        browser.close()


@dataclass
class Window:
    """A page of a context of its own, as one person has it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    """Errors of the console (refusals of the Content-Security-Policy are among them) and of scripts."""

    def expect_no_faults(self) -> None:
        assert self.faults == [], "\n".join(self.faults)

    def serious_findings(self, *, colours_only: bool = False) -> list[str]:
        """What axe says about the page as it is now."""
        self.page.evaluate(AXE.read_text())
        self.page.evaluate(_FINISH)
        found: list[dict[str, Any]] = self.page.evaluate(_RUN_COLOURS if colours_only else _RUN_AXE)
        return [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}"
            for one in found
            if one["impact"] in SERIOUS
        ]

    def screenshot(self, name: str, *, full_page: bool = False) -> None:
        """Keep a picture, where somebody wants them: a processor takes half a second over each."""
        if "SCREENS" in os.environ:
            SCREENS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SCREENS / f"{name}.png", full_page=full_page, animations="disabled")


@contextmanager
def window(browser: Browser, url: str, *, phone: bool = False, dark: bool = False, **options: Any) -> Iterator[Window]:
    """A new window at the server, closed with the block. Expected refusals of the server are no faults."""
    context: BrowserContext = browser.new_context(
        base_url=url,
        viewport=PHONE if phone else DESKTOP,
        color_scheme="dark" if dark else "light",
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=1,
        **options,
    )
    opened = Window(context.new_page())

    def heard(message: ConsoleMessage) -> None:
        # What the server refuses (nobody is signed in, there is no preview) is shown by the page itself.
        if message.type == "error" and "Failed to load resource" not in message.text:
            opened.faults.append(message.text)

    opened.page.on("console", heard)
    opened.page.on("pageerror", lambda error: opened.faults.append(str(error)))
    yield opened
    context.close()


def until(page: Page, expression: str, seconds: float = 20.0) -> Any:
    """What the expression is once it is true. Playwright's own waiting evaluates strings in the page, which our policy
    forbids; a single evaluation goes through the debugger."""
    ends_at = time.monotonic() + seconds
    while not (found := page.evaluate(expression)):
        assert time.monotonic() < ends_at, f"not within {seconds} s: {expression}"
        page.wait_for_timeout(50)
    return found


def sign_in(opened: Window, api_key: str, path: str = "/console") -> None:
    """With the form, as a person does."""
    opened.page.goto(path)
    opened.page.get_by_label("API key").fill(api_key)
    opened.page.get_by_role("button", name="Sign in").click()
    opened.page.get_by_role("button", name="Sign out").wait_for()
