"""Every page of the three faces, on every device, in both languages, on a month of data."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page, expect

from cleanplate_gateway.faces import entrance, trust
from cleanplate_gateway.faces.desk import routes as desk
from cleanplate_gateway.faces.phone import routes as phone
from cleanplate_gateway.faces.tablet import routes as tablet
from support.browser import (
    SIZES,
    Served,
    opened,
    screenshot,
    served,
    visitor,
)
from support.gateway import Towns

# Who looks at a face; whoever adds a page to a face has it looked at here.
FACES = {
    "/a/": ("admin", desk.router), "/k/": ("cook", tablet.router), "/m/": ("diner", phone.router),
    "/": (None, entrance.router), "/trust": (None, trust.router),
}  # fmt: skip
PARTS = {
    "/k/board",
    "/k/trays/count",
    "/trust/ca.crt",
    "/k/weigh/facts",
    "/k/scale-protocols.json",
    "/k/worker.js",
    "/k/purchase.xlsx",
    "/a/purchase.xlsx",
    "/a/ledger.xlsx",
    "/a/ledger.pdf",
    "/a/inventory/export",
}
BEHIND_A_SIGN_IN = {"/password"}


def _pages(router: APIRouter) -> list[str]:
    """Return the addresses that a router answers without more being said in them."""
    found = [route for route in router.routes if isinstance(route, APIRoute)]
    paths = [one.path for one in found if "GET" in one.methods and "{" not in one.path]
    for one in router.routes:
        if not isinstance(one, APIRoute):
            inside = one.original_router
            paths += [f"{router.prefix}{path}" for path in _pages(inside)]
    return sorted({*paths} - PARTS)


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, full=True) as running:
        yield running


def _sound(page: Page, path: str, name: str) -> None:
    opened(page, path)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    screenshot(page, name)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("face", FACES)
def test_every_page_is_sound(browser: Browser, site: Served, face, size, language):
    user_name, router = FACES[face]
    paths = _pages(router)
    assert paths
    with visitor(browser, site.url, user_name, size=size, language=language) as page:
        for path in paths:
            if user_name is None and path in BEHIND_A_SIGN_IN:
                continue
            _sound(page, path, f"{path.strip('/').replace('/', '-') or 'first'}-{size}-{language}")


def test_the_pages_are_looked_at_with_data_in_them(browser: Browser, site: Served):
    with visitor(browser, site.url, "admin", size="desk") as page:
        page.goto(f"/a/report?about={site.house.town.canteen_id}")
        expect(page.locator("svg.chart")).to_be_visible()
        page.goto(f"/a/?canteen={site.house.town.canteen_id}")
        expect(page.locator(".plain-list li").first).to_be_visible()
        page.goto("/a/people")
        expect(page.locator("tbody tr").nth(10)).to_be_attached()
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.goto("/k/weigh")
        expect(page.locator("#recent li[data-state]").nth(3)).to_be_attached()


def test_the_list_of_pages_has_those_of_every_face():
    found = {path for _, router in FACES.values() for path in _pages(router)}
    assert {"/", "/sign-in", "/a/", "/a/people/new", "/a/places", "/k/weigh", "/m/me"} <= found
