import pytest

from cleanplate_forecast.domain.challenge import Outcome, challenge
from support.seasons import YESTERDAY, columns, silently


@pytest.fixture(scope="session")
def outcome() -> Outcome:
    """What a night's training brings; nobody changes it."""
    return challenge(columns(), YESTERDAY, None, silently)
