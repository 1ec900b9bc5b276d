import re
from pathlib import Path

import pytest
import yaml

from cleanplate_shared.topology import SERVICES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_compose_has_one_container_per_service_and_what_is_around_them(compose):
    assert set(compose["services"]) == {*SERVICES, "gateway", "nginx", "postgres"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_serves_its_own_service_on_its_own_database(compose, name):
    container = compose["services"][name]
    assert container["command"][:3] == ["cleanplate", "serve", name]
    environment = container["environment"]
    assert environment[f"{name.upper()}_DATABASE_URL"].endswith(f"@postgres/{name}")
    assert all(f'"{other}": "http://{other}:8000"' in environment[f"{name.upper()}_PEERS"]
               for other in SERVICES)  # fmt: skip
    assert container["init"] is True
    assert "healthcheck" in container


def test_compose_holds_no_secret(compose):
    for container in compose["services"].values():
        for key, value in container.get("environment", {}).items():
            if re.search("PASSWORD|KEY", key):
                assert value.startswith("${")
                assert value.endswith(":?}")


def test_every_service_has_a_database_and_a_route_through_nginx():
    databases = (ROOT / "deploy" / "databases.sql").read_text(encoding="utf-8")
    nginx = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for name in SERVICES:
        assert f"CREATE DATABASE {name};" in databases
        assert f"location /api/v1/{name}/ {{ proxy_pass http://{name}:8000; }}" in nginx
    assert "internal(/|$) { return 404; }" in nginx
