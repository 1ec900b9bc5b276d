"""Generated requests against every route of every service, on both databases.

Half of them follow the OpenAPI document, half break it; ids that exist are mixed in. Nothing may
answer 500, or anything that the document does not promise.
"""

import os
import warnings
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cleanplate_shared.topology import SERVICES
from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION, SettableClock, built, know_canteens

CASES_PER_SERVICE = int(os.environ.get("FUZZ_CASES", "2000"))
CHECKS = [
    not_a_server_error, status_code_conformance,
    content_type_conformance, response_schema_conformance,
]  # fmt: skip


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SERVICES)
def test_no_generated_request_breaks_a_service(name, databases):
    app = built(name, databases.url(name), SettableClock(), requests_per_minute_person=10**9,
                requests_per_minute_address=10**9)  # fmt: skip
    know_canteens(app.state.db)
    schema = schemathesis.openapi.from_dict(app.openapi())
    operations = [found.ok() for found in schema.get_all_operations()]
    each = -(-CASES_PER_SERVICE // (2 * len(operations)))
    seen = Counter()
    with get_client(app) as client:
        client.headers.update(bearer("admin", organization_id=ORGANIZATION))
        for operation in operations:
            for mode in GenerationMode:
                seen.update(_fuzz(operation, mode, each, client))
    app.state.db.engine.dispose()
    assert seen.total() >= CASES_PER_SERVICE * 0.95, seen
    assert not any(status >= 500 for status in seen), seen
    assert any(status < 300 for status in seen), f"nothing ever succeeded: {seen}"


def _fuzz(operation, mode, count, client):
    statuses = Counter()

    @seeded(20261121)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        if mode is GenerationMode.POSITIVE and statuses.total() % 2:
            _name_things_that_exist(case)
        response = case.call(base_url="http://testserver", session=client)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()
    while statuses.total() < count:  # few distinct inputs: the same again must hold as well
        before = statuses.total()
        run()
        assert statuses.total() > before, f"{operation.label}: nothing generated"
    return statuses


def _name_things_that_exist(case):
    for part in (case.query, case.body):
        if isinstance(part, dict):
            for field, value in (("canteen_id", CANTEEN), ("organization_id", ORGANIZATION)):
                if field in part:
                    part[field] = str(value)
