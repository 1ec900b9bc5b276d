import importlib
import re
from pathlib import Path

import pytest
import yaml

from cleanplate_shared.topology import SERVICES, SUBSCRIPTIONS

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


def settings_of(name):
    return importlib.import_module(f"cleanplate_{name}.settings").Settings


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
def test_a_container_is_told_only_what_its_settings_know(compose, name, monkeypatch):
    environment = compose["services"][name]["environment"]
    prefix = f"{name.upper()}_"
    fields = {key.removeprefix(prefix).lower() for key in environment}
    assert fields <= set(settings_of(name).model_fields)
    for key, value in environment.items():
        monkeypatch.setenv(key, re.sub(r"\$\{\w+:-(\w+)\}|\$\{\w+:\?\}", r"\1", value))
    peers = settings_of(name)().peers
    assert peers == {other: f"http://{other}:8000" for other in SERVICES}
    assert {other for told in SUBSCRIPTIONS.values() for other in told} <= set(peers)


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
def test_only_the_inner_network_is_believed_and_limits_count_in_one_place(compose, name):
    container = compose["services"][name]
    (subnet,) = compose["networks"]["inside"]["ipam"]["config"]
    assert container["command"][3:] == ["--host", "0.0.0.0", "--trusted-proxy", subnet["subnet"]]  # noqa: S104
    assert "ports" not in container
    assert "deploy" not in container  # one of each, or SHARE_LIMITS as well
    nginx = compose["services"]["nginx"]
    assert nginx["depends_on"][name] == {"condition": "service_healthy"}


def test_the_image_runs_what_exists_and_nobody_is_root():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert 'CMD ["cleanplate", "up", "--host", "0.0.0.0"]' in lines
    assert lines.index("USER cleanplate") < next(n for n, x in enumerate(lines) if x[:3] == "CMD")
    data = next(line for line in lines if "CLEANPLATE_DATA=" in line)
    assert data.endswith("CLEANPLATE_DATA=/data")


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
