"""What would otherwise be forgotten when a service, a route or an event is added."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from cleanplate_gateway.embedded import build
from cleanplate_shared.known import KNOWN_HANDLERS
from cleanplate_shared.topology import SERVICES, SUBSCRIPTIONS

ROOT = Path(__file__).parents[1]
SOURCES = ("shared", "services", "gateway")
PUBLIC = {
    "/api/v1/directory/token",
    "/api/v1/directory/token/refresh",
    "/api/v1/directory/token/revoke",  # the refresh token is the credential; sign-out never fails
    "/api/v1/directory/jwks.json",
    "/api/v1/menu/feeds/menus",  # of canteens that decided so; nobody's name is in them
    "/api/v1/menu/feeds/menus/{canteen_id}",
    "/api/v1/menu/feeds/menus/{canteen_id}.ics",
    "/api/v1/menu/feeds/openmensa/{canteen_id}.xml",
    "/api/v1/menu/feeds/mine/{secret}.ics",  # the address is the credential
    "/api/v1/waste/hand-overs/{secret}",  # so it is of a driver's code
}
FOLDERS = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())


def app_of(name):
    return build(name, {})


def places(name):
    """Where a service must be named, and whether it is."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    tools, package = config["tool"], f"cleanplate_{name}"
    linter = tools["importlinter"]
    yield (
        "pyproject: hatch packages",
        f"services/{name}/{package}" in (tools["hatch"]["build"]["targets"]["wheel"]["packages"]),
    )
    yield "pyproject: mypy packages", package in tools["mypy"]["packages"]
    yield "pyproject: mypy_path", f"services/{name}" in tools["mypy"]["mypy_path"]
    yield "pyproject: coverage", package in tools["coverage"]["run"]["source_pkgs"]
    yield "pyproject: import-linter root_packages", package in linter["root_packages"]
    for contract in linter["contracts"]:
        yield f"pyproject: import contract '{contract['name']}'", package in json.dumps(contract)
    yield "topology.SERVICES", name in SERVICES
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    yield "compose.yaml", re.search(rf"^  {name}:$", compose, re.MULTILINE) is not None


@pytest.mark.parametrize("name", FOLDERS)
def test_a_service_is_named_in_every_place(name):
    forgotten = [place for place, is_there in places(name) if not is_there]
    assert not forgotten, f"the service {name} is forgotten in: {', '.join(forgotten)}"


def test_a_service_that_is_nowhere_is_missed_everywhere():
    """The negative control."""
    assert not any(is_there for _, is_there in places("nowhere"))


def test_no_service_is_named_that_has_no_folder():
    assert set(FOLDERS) == set(SERVICES)


def test_the_event_map_is_what_the_services_handle():
    mapped = {(event, to) for event, names in SUBSCRIPTIONS.items() for to in names}
    own = {(event, name) for name in SERVICES for event in app_of(name).state.service.handlers}
    known = {(event, name) for name in SERVICES for event in KNOWN_HANDLERS}
    assert mapped <= own | known, "an event is sent to a service that does not handle it"
    assert own <= mapped, "a service handles an event that nobody sends it"
    assert {event for event, _ in known} <= {event for event, _ in mapped}


def sources():
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"migrations", "node_modules"} & set(path.parts):
                yield path


def named(paths_and_lines):
    return [f"{path.relative_to(ROOT)}:{line}" for path, line in paths_and_lines]


def test_no_file_passes_400_lines():
    long = [
        (path, n) for path in sources() if (n := len(path.read_text("utf-8").splitlines())) > 400
    ]
    assert named(long) == []


def test_no_function_passes_40_lines():
    long = [
        (path, node.lineno)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _code_lines(node) > 40
        and not _only_defines(node)
    ]
    assert named(long) == []


def _code_lines(node):
    """Return a function's lines without its docstring."""
    doc = node.body[0] if ast.get_docstring(node) is not None else None
    return node.end_lineno - node.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc else 0)


def _only_defines(node):
    """Say whether a function does little but define others, each of which is measured itself."""
    inner = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return _code_lines(node) - sum(one.end_lineno - one.lineno + 1 for one in inner) <= 40


def test_all_middleware_is_plain_asgi():
    forbidden = re.compile(r"BaseHTTPMiddleware|\.middleware\(\s*[\"']http")
    found = [
        (path, number)
        for path in sources()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert named(found) == []


@pytest.mark.parametrize("name", FOLDERS)
def test_every_route_asks_who_is_calling_or_is_public_on_purpose(name):
    open_routes = {
        path
        for path, methods in app_of(name).openapi()["paths"].items()
        for method in methods.values()
        if not method.get("security")
    }
    assert open_routes <= PUBLIC, "a route without an identity dependency"


@pytest.mark.parametrize("name", FOLDERS)
def test_every_route_is_below_the_prefix_of_its_service(name):
    paths = app_of(name).openapi()["paths"]
    assert paths
    assert all(path.startswith(f"/api/v1/{name}/") for path in paths)


def kept(kind):
    """Return the committed documents of a kind, by name."""
    return {path.stem: path for path in (ROOT / "docs" / kind).glob("*.json")}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_openapi_document_changes_only_on_purpose(name):
    committed = kept("openapi").get(name)
    if committed is not None:  # made by `cleanplate openapi`; `make check` says when one is absent
        assert json.loads(committed.read_text("utf-8")) == app_of(name).openapi(), (
            "run `cleanplate openapi` and look at the difference"
        )
