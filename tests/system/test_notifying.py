"""`cleanplate notify test`, and the key that channels are stored with."""

import json
import os
import subprocess
import sys

import pytest

from cleanplate_gateway.installation import Installation
from support.outside import web


def notify(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from cleanplate_gateway.cli import main; main()"]
    environment = {**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", **env}
    return subprocess.run(  # noqa: S603
        [*command, "notify", "test", *arguments],
        input=stdin, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_channel_is_tried_and_its_address_is_not_printed():
    with web() as service:
        service.answers(b'{"event":"message"}')
        url = f"ntfy://127.0.0.1:{service.port}/canteen-secret-topic"
        allowed = {"MENU_NOTICE_NETWORKS": '["127.0.0.0/8"]'}
        took = notify("-", "--json", stdin=url, **allowed)
        refused = notify(url)
        chinese = notify(url, "--network", "127.0.0.1", LC_ALL="zh_CN.UTF-8")
    assert (took.returncode, json.loads(took.stdout)["delivered"]) == (0, True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "internal network" in refused.stderr
    assert "已接收测试通知" in chinese.stdout
    assert [json.loads(asked.body)["title"] for asked in service.asked] == [
        "Cleanplate: test notice",
        "光盘：测试通知",
    ]
    for run in (took, refused, chinese):
        assert "secret" not in run.stdout + run.stderr


@pytest.mark.parametrize("arguments", [["json://x"], ["ntfy://a/b", "--network", "x"], []])
def test_a_wrong_address_is_wrong_usage(arguments):
    run = notify(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr


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
