"""Generated requests against every route of every service, on both databases.

Half of them follow the OpenAPI document, half break it; ids that exist are mixed in. Nothing may
answer 500, or anything that the document does not promise.
"""

import asyncio
import os
import warnings
from collections import Counter
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cleanplate_shared.limits import Limiter
from cleanplate_shared.topology import SERVICES
from support.world import world

CASES_PER_SERVICE = int(os.environ.get("FUZZ_CASES", "2000"))
CHECKS = [
    not_a_server_error, status_code_conformance,
    content_type_conformance, response_schema_conformance,
]  # fmt: skip


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SERVICES)
async def test_no_generated_request_breaks_a_service(name, databases):
    async with world(databases.url) as made:
        seen = await asyncio.to_thread(_fuzz_service, made, name)
    assert seen.total() >= CASES_PER_SERVICE, seen
    assert not any(status >= 500 for status in seen), seen
    assert any(status < 300 for status in seen), f"nothing ever succeeded: {seen}"


def _fuzz_service(made, name):
    app = made.suite.services[name]
    app.state.limiter = Limiter(None, per_person=10**9, per_address=10**9)
    app.state.identifier._limiter = app.state.limiter
    schema = schemathesis.openapi.from_dict(app.openapi())
    operations = [found.ok() for found in schema.get_all_operations()]
    each = -(-CASES_PER_SERVICE // (2 * len(operations)))
    seen = Counter()
    with get_client(app) as client:
        client.headers["Authorization"] = f"Bearer {made.tokens['root']}"
        for operation in operations:
            for mode in GenerationMode:
                seen.update(_fuzz(operation, mode, each, client, made.ids))
            while seen.total() < CASES_PER_SERVICE * (operations.index(operation) + 1) // len(
                operations
            ):
                seen.update(_fuzz(operation, GenerationMode.POSITIVE, each, client, made.ids))
    return seen


def _fuzz(operation, mode, count, client, ids):
    statuses = Counter()

    @seeded(20261121)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        if mode is GenerationMode.POSITIVE and statuses.total() % 2:
            _name_things_that_exist(case, ids)
        response = case.call(base_url="http://testserver", session=client)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    with warnings.catch_warnings(), suppress(Unsatisfiable):  # a route that takes nothing
        warnings.simplefilter("ignore")
        run()
    return statuses


def _name_things_that_exist(case, ids):
    for part in (case.query, case.body, case.path_parameters):
        if isinstance(part, dict):
            part.update({field: ids[field] for field in part.keys() & ids.keys()})
