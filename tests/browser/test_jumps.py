"""Pages render their frame first and never jump: what is on the screen stays where it is while the rest arrives.

The measure is the browser's own: the cumulative layout shift, of which 0.1 is called good. One shift is left out, in
which nothing that can be seen moves: the still empty page makes room for the sidebar.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.dashboard import Dashboard
from tests.browser.screenshots import PAGES
from tests.browser.watched import Watched

pytestmark = pytest.mark.xdist_group("browser")

MOST = 0.12
"""Once a page is drawn. The measure's authors call 0.1 good."""
MOST_WHILE_LOADING = 0.2
"""Half of them do not move at all; on a browser that is slowed down four times none of these reaches 0.12."""
SPEND = ("overview", "services", "accounts", "cost_categories", "cost_views", "commitments", "changes", "breakdown")
OTHERS = ("statement", "shared_costs", "forecast", "budgets", "freshness")
ADDRESSES = {name: PAGES[name] for name in (*SPEND, *OTHERS)}
"""The pages that people look at all day."""
WINDOWS = {"desk": (1440, 900), "phone": (390, 844)}
WATCH = """
window.shifts = [];
const emptyPage = source => source.previousRect.x === 0 && source.previousRect.width === innerWidth
    && ["stAppViewContainer", "stMain"].includes(source.node?.closest?.("[data-testid]")?.dataset.testid);
new PerformanceObserver(list => list.getEntries().forEach(shift =>
    shift.sources.some(emptyPage) || window.shifts.push(shift.value))
).observe({ type: "layout-shift", buffered: true });
"""


def watched(browser: Browser, size: tuple[int, int], address: str) -> Watched:
    """A window whose shifts are counted from its first moment on."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    window = Watched(context.new_page())
    window.page.add_init_script(WATCH)
    window.open(address)
    return window


def jumped(page: Page) -> float:
    """How far, since it was last asked."""
    page.wait_for_timeout(500)  # charts and tables are laid out after the script has ended
    return float(page.evaluate("window.shifts.splice(0).reduce((sum, shift) => sum + shift, 0)"))


def change_a_filter(window: Dashboard) -> None:
    """One that the page has; pages without filters have nothing that could make them jump."""
    for label, value in (("Cost", "Amortized"), ("Period", "Last 7 days")):
        if window.page.get_by_role("combobox", name=label, exact=True).count():
            window.choose(label, value)
            return


@pytest.mark.parametrize("size", WINDOWS.values(), ids=WINDOWS.keys())
@pytest.mark.parametrize("path", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_a_page_does_not_jump_while_it_loads_or_when_a_filter_changes(
    browser: Browser, app_url: str, path: str, size: tuple[int, int]
) -> None:
    window = watched(browser, size, f"{app_url}/{path}")
    loading = jumped(window.page)
    change_a_filter(Dashboard(window))
    changing = jumped(window.page)
    window.page.context.close()
    assert loading < MOST_WHILE_LOADING
    assert changing < MOST


def test_a_page_that_jumps_is_noticed(browser: Browser, app_url: str) -> None:
    window = watched(browser, WINDOWS["desk"], f"{app_url}/services")
    jumped(window.page)
    window.page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').style.marginTop = '300px'")
    moved = jumped(window.page)
    window.page.context.close()
    assert moved > MOST
