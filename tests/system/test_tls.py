"""`cleanplate tls init`, and what it takes until a browser on the network trusts the server."""

import json
import os
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Error as PlaywrightError

from cleanplate_gateway.assets import asset
from cleanplate_gateway.tls import addresses
from cleanplate_gateway.tls.addresses import is_host
from cleanplate_gateway.tls.certificates import fingerprint, hosts_of, is_signed_by
from cleanplate_gateway.tls.folder import Made, Tls
from support.browser import (
    chromium,
    needs_browser,
    opened,
    overlaps_nothing,
    screenshot,
    visitor,
)
from support.servers import free_port

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_a_network(monkeypatch):
    monkeypatch.setattr(addresses, "_towards", lambda *_: "10.0.0.7")


@pytest.fixture
def files(tmp_path):
    return Tls.of(tmp_path)


def test_the_authority_signs_servers_only_and_the_server_satisfies_browsers(files):
    assert files.keep(NOW, ["10.1.2.3", "canteen.example"]) is Made.AUTHORITY
    authority, server = files.authority(), files.server()
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert authority.not_valid_after_utc - NOW > timedelta(days=3600)
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=825)
    assert {"10.1.2.3", "canteen.example", "localhost", "127.0.0.1"} <= hosts_of(server)
    assert is_signed_by(server, authority)
    assert files.hosts()[:2] == ["10.1.2.3", "canteen.example"]


def test_no_key_is_readable_to_others_at_any_time(files):
    before = os.umask(0)
    try:
        files.keep(NOW)
    finally:
        os.umask(before)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in files.folder.iterdir()}
    assert {modes["ca.key"], modes["server.pem"]} == {0o600}
    with_key = {one.name for one in files.folder.iterdir() if b"PRIVATE KEY" in one.read_bytes()}
    assert with_key == {"ca.key", "server.pem"}


def test_a_server_certificate_is_renewed_when_it_is_time_and_the_authority_never(files):
    files.keep(NOW)
    authority, first = files.authority(), files.server()
    assert files.keep(NOW + timedelta(days=700)) is Made.NOTHING
    assert files.server() == first
    assert files.keep(NOW, ["10.9.9.9"]) is Made.SERVER  # a further address
    assert files.keep(NOW) is Made.NOTHING  # which is remembered
    assert files.keep(NOW, renew=True) is Made.SERVER
    assert files.keep(NOW + timedelta(days=800)) is Made.SERVER  # it would end soon
    assert "10.9.9.9" in hosts_of(files.server())
    assert files.authority() == authority


def test_a_damaged_authority_is_not_silently_replaced(run, data):
    assert run("tls", "init", "--data", data).exit_code == 0
    files = Tls.of(data)
    files.authority_file.write_bytes(b"broken")
    answer = run("tls", "init", "--data", data)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert files.authority_file.read_bytes() == b"broken"


@pytest.mark.parametrize("host", ["", "a b", "-a", "http://x", "食堂", "fe80::1%eth0", "a" * 64])
def test_what_is_no_host_is_refused(run, tmp_path, host):
    assert not is_host(host)
    assert run("tls", "init", "--data", tmp_path, "--host", host).exit_code == 2
    assert not Tls.of(tmp_path).exists


def test_the_command_prints_the_fingerprint_that_devices_show(run, data):
    said = json.loads(run("tls", "init", "--data", data, "--host", "10.1.2.3", "--json").stdout)
    assert said["made"] == "authority"
    assert said["fingerprint"] == fingerprint(Tls.of(data).authority())
    assert said["hosts"][0] == "10.1.2.3"
    assert json.loads(run("tls", "init", "--data", data, "--json").stdout)["made"] == "nothing"


def test_the_doctor_says_when_the_certificate_ends(run, data):
    def found():
        checks = json.loads(run("doctor", "--data", data, "--json").stdout)["checks"]
        return [one["ok"] for one in checks if one["check"] in {"证书", "certificate"}]

    assert found() == []
    run("tls", "init", "--data", data)
    assert found() == [True]
    Tls.of(data).keep(datetime.now(UTC) - timedelta(days=800), renew=True)
    assert found() == [False]


@dataclass
class Up:
    """A running `cleanplate up`."""

    files: Tls
    port: int
    plain: int


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run `cleanplate up` where `cleanplate tls init` was run before."""
    data = tmp_path_factory.mktemp("up")
    files, port, plain = Tls.of(data), free_port(), free_port()
    files.keep(datetime.now(UTC))
    start = "from cleanplate_gateway.cli import main; main()"
    command = [sys.executable, "-c", start, "up", "--data", data, "--port", str(port)]
    command += ["--trust-port", str(plain)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            deadline = time.monotonic() + 120
            while not _answers(plain):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield Up(files, port, plain)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 307
    except httpx.TransportError:
        return False


def _trusting(server):
    context = ssl.create_default_context(cafile=server.files.authority_file)
    return httpx.Client(verify=context, base_url=f"https://127.0.0.1:{server.port}")


def test_whoever_has_the_authority_reaches_the_server_by_https(server):
    with _trusting(server) as client:
        answer = client.get("/sign-in")
        assert answer.status_code == 200
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "strict-transport-security" not in answer.headers


def test_who_does_not_trust_it_or_asks_for_another_host_does_not(server):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://127.0.0.1:{server.port}/")
    with (
        _trusting(server) as client,
        pytest.raises(httpx.ConnectError, match="Hostname mismatch"),
    ):
        client.get("/", extensions={"sni_hostname": "elsewhere.example"})


def test_plain_http_offers_the_way_to_trust_and_nothing_else(server):
    authority = server.files.authority()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.plain}") as http:
        assert fingerprint(authority) in http.get("/trust").text
        got = http.get("/trust/ca.crt")
        assert got.headers["content-type"] == "application/x-x509-ca-cert"
        assert got.content == authority.public_bytes(Encoding.DER)
        sent = http.get("/k/weigh?canteen=1")
        assert sent.status_code == 307
        assert sent.headers["location"] == f"https://127.0.0.1:{server.port}/k/weigh?canteen=1"
        assert http.get("/healthz").status_code == 307
        assert http.post("/sign-in", data={"password": "x"}).status_code == 403
        assert http.get("/", headers={"Host": "a@b"}).status_code == 400


@pytest.fixture
def store(tmp_path):
    """A home folder whose browser has a store of certificates, and how to add one to it."""
    needs_browser()
    certutil = shutil.which("certutil")
    if certutil is None and "CI" not in os.environ:
        pytest.skip("certutil (libnss3-tools) is not installed")
    folder = tmp_path / ".pki" / "nssdb"
    folder.mkdir(parents=True)

    def use(*words):
        subprocess.run([certutil, *words, "-d", f"sql:{folder}"], check=True)  # noqa: S603

    use("-N", "--empty-password")
    return tmp_path, lambda file: use("-A", "-n", "Cleanplate", "-t", "C,,", "-i", file)


def test_a_browser_that_trusts_the_authority_has_all_that_https_gives(server, store):
    """The authority stands in the browser's own store, as on a tablet; no warning is clicked."""
    home, trust = store
    https = f"https://127.0.0.1:{server.port}"
    with (
        chromium(home) as browser,
        visitor(browser, https) as page,
        pytest.raises(PlaywrightError, match="ERR_CERT_AUTHORITY_INVALID"),
    ):
        page.goto("/sign-in")
    trust(server.files.authority_file)
    with chromium(home) as browser:
        with visitor(browser, f"http://127.0.0.1:{server.plain}", size="tablet") as page:
            opened(page, "/trust")
            overlaps_nothing(page)
            screenshot(page, "trust")
            page.click("text=English")
            assert page.text_content("h1") == "Trust this installation"
        with visitor(browser, https, size="tablet") as page:
            opened(page, "/trust")
            assert page.evaluate("isSecureContext")
            assert page.evaluate(_REGISTER, asset("roster.js")) == "activated"


_REGISTER = """async script => {
  const scope = script.slice(0, script.lastIndexOf("/") + 1);
  const made = await navigator.serviceWorker.register(script, {scope, type: "module"});
  const worker = made.installing || made.waiting || made.active;
  return await new Promise(done => {
    const look = () => ["activated", "redundant"].includes(worker.state) && done(worker.state);
    worker.addEventListener("statechange", look);
    look();
  });
}"""
