import pytest

from cleanplate_gateway.cli import nearby


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_who_listens_to_this_machine_only_is_told_how_to_open_up(host, capsys):
    assert not nearby.is_open(host)
    nearby.tell(host, 8000)
    assert "--host 0.0.0.0" in capsys.readouterr().out


def test_the_address_in_the_network_is_told_with_a_code_for_a_terminal_only(capsys, monkeypatch):
    nearby.tell("10.1.2.3", 8000)
    piped = capsys.readouterr().out
    assert "http://10.1.2.3:8000/" in piped
    assert len(piped.splitlines()) == 1
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    nearby.tell("10.1.2.3", 8000)
    assert nearby.code("http://10.1.2.3:8000/") in capsys.readouterr().out


def test_an_address_of_the_new_kind_stands_in_brackets():
    assert nearby.url("fd00::1", 8000) == "http://[fd00::1]:8000/"


def test_without_a_network_there_is_no_address_to_tell(monkeypatch, capsys):
    monkeypatch.setattr(nearby, "lan_addresses", list)
    nearby.tell("0.0.0.0", 8000)  # noqa: S104
    assert "http" not in capsys.readouterr().out
