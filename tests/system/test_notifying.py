"""`cleanplate notify test`, and the key that channels are stored with."""

import json

import pytest

from cleanplate_gateway.installation import Installation
from support.outside import web


def test_a_channel_is_tried_and_its_address_is_not_printed(run, monkeypatch):
    with web() as service:
        service.answers(b'{"event":"message"}')
        url = f"ntfy://127.0.0.1:{service.port}/canteen-secret-topic"
        refused = run("notify", "test", url)
        took = run("notify", "test", url, "--json", "--network", "127.0.0.1")
        monkeypatch.setenv("MENU_NOTICE_NETWORKS", '["127.0.0.0/8"]')
        also = run("notify", "test", url)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "NOTICE_NETWORKS" in refused.stderr
    assert (took.exit_code, json.loads(took.stdout)["delivered"]) == (0, True)
    assert also.exit_code == 0
    assert len(service.asked) == 2
    for answer in (refused, took, also):
        assert "secret" not in answer.output


@pytest.mark.parametrize("words", [["json://x"], ["ntfy://a/b", "--network", "x"], []])
def test_a_wrong_address_is_wrong_usage(run, words):
    answer = run("notify", "test", *words)
    assert (answer.exit_code, answer.stdout) == (2, "")


def test_the_key_is_made_once_beside_the_databases_unless_the_environment_names_one(
    tmp_path, monkeypatch
):
    assert Installation(tmp_path / "none")._notice_key() == ""
    made = Installation(tmp_path)._notice_key()
    assert len(made) >= 32
    assert Installation(tmp_path)._notice_key() == made
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("MENU_NOTICE_KEY", "k" * 32)
    assert Installation(tmp_path)._notice_key() is None
    assert Installation(tmp_path, from_environment=False)._notice_key() == made
