import json
import re

import httpx
import pytest
from fastapi.routing import APIRoute

from cleanplate_gateway.app import create_app
from cleanplate_gateway.assets import asset, web_files
from cleanplate_gateway.faces.desk import routes as desk
from cleanplate_gateway.faces.phone import routes as phone
from cleanplate_gateway.faces.tablet import routes as tablet
from cleanplate_gateway.openapi import merge
from support.gateway import House, Towns

PAGES = ["/", "/sign-in", "/nothing-here", "/api/v1/docs", "/static/x/nothing.css"]


@pytest.mark.parametrize(
    "path", [*PAGES, "/healthz", "/readyz", "/metrics", "/api/v1/directory/me", "/internal/events"]
)
async def test_every_answer_carries_the_security_headers(town: House, path):
    async with town.browser() as browser:
        answer = await browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/m/", "/m/me", "/password", "/nothing"])
async def test_no_page_has_a_script_or_a_style_of_its_own(town: House, path):
    async with town.signed_in("diner") as browser:
        page = (await browser.get(path)).text
    assert "<style" not in page
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", ["/internal", "/internal/events", "/internal/anything/else"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_services_tell_each_other_does_not_come_through_the_door(
    town: House, path, method
):
    async with town.browser() as browser:
        answer = await browser.request(method, path, json={"events": []})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/v1/menu/../../../internal/events", "/api/v1/menu//internal/events"]
)
async def test_no_detour_leads_to_the_inner_routes(town: House, path):
    async with town.browser() as browser:
        answer = await browser.post(path, json={"events": []})
    assert answer.status_code in {404, 405}


async def test_paths_of_a_service_go_to_it_unchanged(town: House):
    async with town.browser() as browser:
        answer = await browser.get("/api/v1/menu/meal-sessions")
        assert answer.status_code == 401
        assert answer.json()["type"] == "Unauthorized"
        unknown = await browser.get("/api/v1/nosuch/thing")
        assert unknown.status_code == 404
        assert unknown.headers["content-type"] == "application/problem+json"


async def test_without_services_in_the_process_only_the_faces_are_served(town: House):
    app = create_app(town.suite.peers, {})
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        assert (await browser.get("/api/v1/menu/meal-sessions")).status_code == 404
        assert (await browser.get("/")).status_code == 200


async def test_ready_means_every_service_is(town: House):
    async with town.browser() as browser:
        ready = await browser.get("/readyz")
        assert ready.status_code == 200
        assert set(ready.json()["services"]) == set(town.suite.peers)


async def test_one_service_away_is_not_ready(town: House):
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(away), base_url="http://away"
    ) as waste:
        app = create_app({**town.suite.peers, "waste": waste}, {})
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            answer = await browser.get("/readyz")
            assert answer.status_code == 503
            assert answer.json()["services"]["waste"] == "not ready"
            assert answer.json()["services"]["menu"] == "ok"
            assert (await browser.get("/healthz")).status_code == 200


async def test_the_document_says_when_a_service_is_away(town: House):
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    transport = httpx.MockTransport(away)
    async with httpx.AsyncClient(transport=transport, base_url="http://away") as waste:
        door = httpx.ASGITransport(app=create_app({**town.suite.peers, "waste": waste}, {}))
        async with httpx.AsyncClient(transport=door, base_url="http://test") as browser:
            answer = await browser.get("/api/v1/openapi.json")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/static/", "/static/x/tokens.css", "/healthz", "/metrics"])
async def test_what_has_no_form_refuses_posts_as_a_page(town: House, path):
    async with town.browser() as browser:
        answer = await browser.post(path)
    assert answer.status_code in {403, 404, 405}


async def test_metrics_count_requests_by_route(town: House):
    async with town.browser() as browser:
        await browser.get("/sign-in")
        await browser.get("/api/v1/directory/me")
        text = (await browser.get("/metrics")).text
    assert 'route="/sign-in",service="gateway"' in text
    assert 'route="/api/v1/directory/me",service="directory"' in text
    assert text.count("# TYPE http_requests_total counter") == 1


async def test_one_document_describes_the_whole_api(town: House):
    async with town.browser() as browser:
        document = (await browser.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [
        operation
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) > 20
    services = {path.split("/")[3] for path in document["paths"]}
    assert services == set(town.suite.peers)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])


def test_schemas_of_one_name_that_differ_are_kept_apart():
    def service(leaf_type: str) -> dict:
        ref = "#/components/schemas/"
        return {
            "openapi": "3.1.0",
            "paths": {
                f"/{leaf_type}": {"get": {"operationId": "list", "x": {"$ref": f"{ref}Page"}}}
            },
            "components": {
                "schemas": {
                    "Leaf": {"type": leaf_type},
                    "Page": {"items": {"$ref": f"{ref}Leaf"}},
                    "Same": {"type": "object"},
                }
            },
        }

    merged = merge({"menu": service("string"), "waste": service("integer")})
    schemas = merged["components"]["schemas"]
    assert set(schemas) == {"MenuLeaf", "WasteLeaf", "MenuPage", "WastePage", "Same"}
    assert schemas["WastePage"]["items"]["$ref"].endswith("/WasteLeaf")
    assert merged["paths"]["/string"]["get"]["x"]["$ref"].endswith("/MenuPage")
    assert merged["paths"]["/integer"]["get"]["operationId"] == "waste_list"


async def test_web_files_may_be_kept_for_good_under_their_hash(town: House):
    async with town.browser() as browser:
        kept = await browser.get(asset("tokens.css"))
        assert "immutable" in kept.headers["cache-control"]
        assert kept.headers["content-type"].startswith("text/css")
        old = await browser.get("/static/0123456789ab/tokens.css")
        assert old.headers["cache-control"] == "no-cache"
        for name in ("../app.py", "..%2Fapp.py", "/etc/passwd"):
            found = await browser.get(f"/static/x/{name}", follow_redirects=True)
            assert found.status_code == 404


def test_the_vendored_files_are_there_with_their_licences():
    names = set(web_files())
    manifest = json.loads(web_files()["vendor/VENDOR.json"].content)
    for package in manifest["packages"]:
        assert package["version"]
        assert any("LICENSE" in name for name in package["files"])
        assert {f"vendor/{name}" for name in package["files"]} <= names


async def test_the_language_is_the_chosen_one_else_the_browsers_else_chinese(town: House):
    async with town.browser() as browser:
        assert '<html lang="zh-CN">' in (await browser.get("/sign-in")).text
        english = await browser.get("/sign-in", headers={"Accept-Language": "en-GB,en;q=0.9"})
        assert '<html lang="en">' in english.text
        chosen = await browser.get("/language/en", params={"next": "/sign-in?next=/m/"})
        assert chosen.headers["location"] == "/sign-in?next=/m/"
        again = await browser.get("/sign-in", headers={"Accept-Language": "zh-CN"})
        assert '<html lang="en">' in again.text
        assert "Sign in" in again.text
        assert (await browser.get("/language/fr")).status_code == 404


_WITH_NAMES = sorted(
    re.sub(r"{\w+(:\w+)?}", "nonsense", route.path)
    for face in (phone, tablet, desk)
    for route in face.router.routes
    if isinstance(route, APIRoute) and "{" in route.path and "GET" in route.methods
)


@pytest.mark.parametrize("path", [*_WITH_NAMES, "/m/week/nonsense", "/a/meals/not-an-id"])
async def test_a_mistyped_address_of_a_page_says_that_there_is_none(town: House, path):
    async with town.signed_in("manager") as browser:
        answer = await browser.get(path)
    assert answer.status_code == 404, answer.text
    assert "<h1>" in answer.text
    assert answer.text.count("没有这个页面") == 1


async def test_a_page_that_there_is_does_not_say_so(town: House):
    async with town.signed_in("manager") as browser:
        answer = await browser.get(f"/a/meals/{town.town.meals[0, 'lunch']}")
    assert answer.status_code == 200
    assert "没有这个页面" not in answer.text


async def test_one_click_sign_ins_exist_only_in_a_demo(town: House, towns: Towns):
    async with town.browser() as browser:
        assert "demo-sign-in" not in (await browser.get("/")).text
        page = await browser.get("/sign-in")
        token = page.text.split('name="csrf-token" content="')[1].split('"')[0]
        refused = await browser.post("/demo-sign-in", data={"csrf": token, "username": "admin"})
        assert refused.status_code == 404
    async with towns.house(demo=True) as demo, demo.browser() as browser:
        page = await browser.get("/")
        assert "演示数据均为虚构" in page.text
        token = page.text.split('name="csrf-token" content="')[1].split('"')[0]
        entered = await browser.post("/demo-sign-in", data={"csrf": token, "username": "diner"})
        assert entered.headers["location"] == "/m/"
        stranger = await browser.post("/demo-sign-in", data={"csrf": token, "username": "root"})
        assert stranger.status_code in {403, 404}
