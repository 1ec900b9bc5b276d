"""What is read at a port, and what is told when it is pulled out."""

import errno
import termios

import pytest
import serial

from cleanplate_gateway.scales import port as ports
from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.port import NoSuchLine, NotAllowed, listen
from support.scales import NAMES, OVERLOAD, SAYS_WHETHER_STABLE, line, protocol

CONNECTED = Finding(Outcome.CONNECTED)


def on_this_port(name):
    """Return a protocol as a pseudo terminal can play it: eight bits, and in a hurry."""
    return protocol(name, bits="8N1", request_seconds=0.02, seconds_to_settle=0.2)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(ports, "_READ_SECONDS", 0.02)
    monkeypatch.setattr(ports, "_RETRY_SECONDS", 0.02)


def put_on(port, spoken, name, grams):
    """Let the scale show `grams` until it is pulled out."""
    if spoken.request:
        port.answer([line(name, 0), line(name, grams)], spoken.request.encode())
    else:
        port.keep_sending(line(name, grams))


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_is_read_at_a_port(port, name):
    spoken = on_this_port(name)
    put_on(port, spoken, name, 5200)
    found = listen(str(port.path), spoken)
    assert [next(found), next(found)] == [CONNECTED, Finding(Outcome.WEIGHED, 5200)]
    assert set(port.asked) <= set(spoken.request.encode())
    found.close()


@pytest.mark.parametrize("name", SAYS_WHETHER_STABLE)
def test_overload_is_read_at_a_port(port, name):
    spoken = on_this_port(name)
    if spoken.request:
        port.answer([OVERLOAD[name]], spoken.request.encode())
    else:
        port.keep_sending(OVERLOAD[name])
    found = listen(str(port.path), spoken)
    assert [next(found), next(found)] == [CONNECTED, Finding(Outcome.OVERLOAD)]
    found.close()


def test_a_scale_that_is_pulled_out_is_waited_for_and_does_not_weigh_again(port):
    name = "continuous"
    found = listen(str(port.path), on_this_port(name))
    assert next(found) == CONNECTED
    port.send(*[line(name, 5200)] * 3)
    assert next(found) == Finding(Outcome.WEIGHED, 5200)
    port.pull_out()
    assert next(found) == Finding(Outcome.ABSENT)
    port.plug_in()
    assert next(found) == CONNECTED
    port.send(*[line(name, 5200)] * 3, *[line(name, 800)] * 3)
    assert next(found) == Finding(Outcome.WEIGHED, 800)
    found.close()


def test_two_programs_do_not_share_a_scale(port):
    spoken = on_this_port("continuous")
    first, second = listen(str(port.path), spoken), listen(str(port.path), spoken)
    assert next(first) == CONNECTED
    assert next(second) == Finding(Outcome.IN_USE)
    first.close()
    assert next(second) == CONNECTED
    second.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_port_is_set_as_the_scale_is(name, monkeypatch):
    """A pseudo terminal has no bits of its own: what is asked of the driver is looked at."""
    asked = {}

    def opened(path, baud, *bits, **more):
        asked.update(path=path, line=f"{baud} {''.join(map(str, bits))}")
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(serial, "Serial", opened)
    spoken = protocol(name)
    with pytest.raises(NotAllowed):
        next(listen("/dev/ttyS0", spoken))
    assert asked == {"path": "/dev/ttyS0", "line": f"{spoken.baud} {spoken.bits}"}


def test_what_is_no_serial_port_is_not_waited_for(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(NoSuchLine):
            next(listen(str(path), protocol("continuous")))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), NotAllowed),
        (termios.error(errno.EINVAL, "Invalid argument"), NoSuchLine),
    ],
)
def test_what_waiting_would_not_mend_is_not_waited_for(error, meaning, monkeypatch):
    def refused(*_args, **_more):
        raise error

    monkeypatch.setattr(serial, "Serial", refused)
    with pytest.raises(meaning):
        next(listen("/dev/ttyS0", protocol("continuous")))
