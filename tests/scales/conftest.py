import pytest

from support.scales import Port


@pytest.fixture
def port(tmp_path):
    made = Port(tmp_path / "ttyUSB0")
    made.plug_in()
    yield made
    made.pull_out()
