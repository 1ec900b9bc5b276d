"""Bodies that no form sends, against every route that takes JSON, on both databases.

The fuzzer keeps to what JSON can say; here is what a hostile client can send besides.
"""

import copy
import json

import pytest

from cleanplate_shared.limits import Limiter
from cleanplate_shared.topology import SERVICES
from support.rules import RULES
from support.world import a_weighing, world

SURROGATE = "\ud800"
VALUES = [
    float("nan"), float("inf"), 10**400, -(10**25), 1e308, 0.5, True, SURROGATE, "a\x00b", "\u202e",
    "x" * 100_000, "9" * 5000, [], {}, [[[[]]]], {SURROGATE: 1}, {"a": SURROGATE}, -1, "",
    "0001-01-01", "9999-12-31T23:59:59+14:00", "2026-01-01T00:00:00+23:59",
]  # fmt: skip
_DEEP = 1_000_000
WHOLE = [
    b"", b"null", b"\xff\xfe", b'"\\ud800"', b"NaN", b"[" * _DEEP, b'{"a":' * (_DEEP // 5),
    b"[" * 900 + b"]" * 900, b'{"items":' + b"[" * 400 + b"]" * 400 + b"}", b"9" * 5000,
    b'{"items":[{"id":"00000000-0000-4000-8000-000000000001","x":' + b"[" * 300 + b"]" * 300
    + b"}]}", b'{"\\ud800":1}', b'{"items":[{"id":"00000000-0000-4000-8000-000000000001",'
    b'"\\ud800":1}]}', b"{" + b'"a":1,' * 100_000 + b'"b":1}',
]  # fmt: skip


def _takers():
    """Return the routes that take JSON, with a request that is good."""
    return {key: rule.request for key, rule in RULES.items() if "json" in rule.request}


@pytest.mark.timeout(600)
async def test_no_hostile_body_is_answered_with_a_failure(databases):
    async with world(databases.url) as made:
        for name in SERVICES:
            app = made.suite.services[name]
            app.state.limiter = Limiter(None, per_person=10**9, per_address=10**9)
            app.state.identifier._limiter = app.state.limiter
        failed = []
        for key, request in _takers().items():
            good = _filled(made, request["json"])
            path = key.split(" ")[1].format(**made.ids | request.get("path", {}))
            bodies = [json.dumps(bad).encode() for bad in _spoilt(good)] + WHOLE
            for body in bodies:
                answer = await _send(made, key.split(" ")[0], f"/api/v1{path}", body)
                if answer.status_code >= 500:
                    failed.append((key, answer.status_code, body[:160]))
    assert not failed, "\n".join(map(str, failed))


async def _send(made, method, path, body):
    headers = {
        "Authorization": f"Bearer {made.tokens['root']}",
        "Content-Type": "application/json",
    }
    peer = made.suite.peers[path.split("/")[3]]
    return await peer.request(method, path, content=body, headers=headers)


def _filled(made, value):
    if isinstance(value, dict):
        return {key: _filled(made, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(made, item) for item in value]
    if value == "{weighing}":
        return a_weighing(made.ids["canteen_id"], made.ids["now"])
    if value == "{fresh}":
        return "00000000-0000-4000-8000-00000000f5e5"
    return value.format(**made.ids) if isinstance(value, str) else value


def _spoilt(good):
    """Yield copies of a good body, each with one place spoilt, or one key too many."""
    for place in _places(good):
        for value in VALUES:
            yield _with(good, place, value)
    for place in [(), *_places(good)]:
        if isinstance(_at(good, place), dict):
            yield _with(good, (*place, SURROGATE), 1)
            yield _with(good, (*place, "container"), SURROGATE)


def _places(value, before=()):
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inside:
        yield (*before, key)
        if isinstance(item, dict | list):
            yield from _places(item, (*before, key))


def _at(value, place):
    for key in place:
        value = value[key]
    return value


def _with(good, place, value):
    spoilt = copy.deepcopy(good)
    _at(spoilt, place[:-1])[place[-1]] = value
    return spoilt
