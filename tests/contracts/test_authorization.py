"""Every route × everybody: generated from OpenAPI, judged by rules.py."""

import uuid
from functools import cache

from cleanplate_gateway.embedded import build
from cleanplate_shared.topology import SERVICES
from support.rules import RULES, Rule
from support.world import ELSEWHERE, HERE, NEW, World, a_weighing, world

LET_IN = set(range(200, 500)) - {401, 403, 404}


@cache
def routes() -> dict[str, list[str] | None]:
    """Return every documented route and its roles; [] = anybody signed in, None = public."""
    found = {}
    for name in SERVICES:
        paths = build(name, {}).openapi()["paths"]
        for path, operations in paths.items():
            assert path.startswith(f"/api/v1/{name}/")
            for method, operation in operations.items():
                security = operation.get("security")
                key = f"{method.upper()} {path.removeprefix('/api/v1')}"
                found[key] = security and sorted(next(iter(security[0].values())))
    return found


def test_every_route_has_a_rule_and_every_rule_a_route():
    assert sorted(routes()) == sorted(RULES)


def test_the_documented_roles_let_everybody_in_whom_the_rule_lets_in():
    for key, roles in routes().items():
        rule = RULES[key]
        if not rule.roles:
            assert roles is None, f"{key} is public by rule"
        else:
            assert roles is not None, f"{key} asks for no sign-in"
            assert not roles or rule.roles - {"root"} <= set(roles), key


async def test_everybody_gets_what_the_rules_say(databases):
    async with world(databases.url) as made:
        wrong = [
            f"{actor}: {key} answered {status}, not {_expected(key, rule, actor)}"
            for key, rule in RULES.items()
            for actor in ("root", *HERE, *ELSEWHERE, *NEW, "nobody")
            for status in [await _answer(made, key, rule, actor)]
            if status not in _expected(key, rule, actor)
        ]
    assert not wrong, "\n".join(wrong)


async def _answer(made: World, key: str, rule: Rule, actor: str) -> int:
    """Return the status that the actor was answered; for a batch, that of its one item."""
    method, path = key.split(" ")
    request = _filled(made, dict(rule.request))
    path = path.format(**made.ids | request.pop("path", {}))
    answer = await made.send(actor, method, f"/api/v1{path}", **request)
    status = answer.status_code
    if rule.each and status == 200:
        problem = answer.json()["results"][0]["problem"]
        status = 404 if problem and problem["type"] == "NotFound" else 200
    if rule.roles and actor in ELSEWHERE:
        _names_nothing_of_here(made, key, answer.text)
    return 200 if status == 401 and answer.json()["type"] == "WrongCredentials" else status


def _expected(key: str, rule: Rule, actor: str) -> set[int]:
    if not rule.roles:
        return LET_IN | {401}  # the sign-in itself may fail; nobody is refused for who they are
    if actor == "nobody":
        return {401}
    if actor in NEW:
        return LET_IN if "/directory/me" in key else {403}
    return _expected_of_role(rule, actor)


def _expected_of_role(rule: Rule, actor: str) -> set[int]:
    role = actor.removeprefix("foreign_").removeprefix("other_")
    if role == "root":
        return {404} if rule.owner and "admin" not in rule.roles else LET_IN
    if role not in rule.roles:
        return {403, 404}
    if actor in ELSEWHERE and rule.foreign:
        return {rule.foreign}
    if rule.gone:
        return LET_IN | {404}
    return {404} if rule.owner and role == "diner" and actor != rule.owner else LET_IN


def _names_nothing_of_here(made: World, key: str, text: str) -> None:
    for name in ("canteen_id", "organization_id", "diner_id", "registration_id", "unit_id"):
        assert made.ids[name] not in text, f"{key} names {name} to somebody from elsewhere"


def _filled(made: World, value):
    if isinstance(value, dict):
        return {key: _filled(made, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_filled(made, item) for item in value)
    if value == "{fresh}":
        return str(uuid.uuid4())
    if value == "{weighing}":
        return a_weighing(made.ids["canteen_id"], made.ids["now"])
    if value == "{sheet}":
        return b"\xef\xbb\xbforganization,unit,canteen,name\n"
    return value.format(**made.ids) if isinstance(value, str) else value
