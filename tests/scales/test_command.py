"""`cleanplate scale`, as a person at a terminal meets it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from cleanplate_gateway.cli import app
from cleanplate_gateway.scales.protocols import known, parse
from support.scales import NAMES, OVERLOAD, line

OWN = """
name = "own"
scales = "of one's own"
baud = 9600
bits = "8N1"
separator = "\\r\\n"
patterns = ['W(?P<weight>\\d{4})']
unit = "斤"
without_state = "stable"
"""


def run(*words):
    return CliRunner().invoke(app, ["scale", *map(str, words)])


@contextmanager
def reading(port, *words, language="zh_CN.UTF-8"):
    start = "from cleanplate_gateway.cli import main; main()"
    environment = os.environ | {"LC_ALL": language, "PYTHONUTF8": "1"}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", start, "scale", "read", "--port", port.path, *words]
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_weights_are_results_and_everything_else_is_a_remark(port):
    with reading(port, "--protocol", "continuous") as verb:
        assert str(port.path) in verb.stderr.readline()
        port.send(*[line("continuous", 5200)] * 9, *[OVERLOAD["continuous"]] * 3)
        assert verb.stdout.readline() == "5.200 kg\n"
        assert "超载" in verb.stderr.readline()
        port.send(*[line("continuous", -1200)] * 3)
        assert "零" in verb.stderr.readline()
        verb.send_signal(signal.SIGINT)
        assert verb.communicate() == ("", "")
        assert verb.returncode == 0


def test_a_program_reads_lines_of_json_of_ones_own_protocol_also_while_the_scale_is_away(
    port, tmp_path
):
    own = tmp_path / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    words = ("--protocol", own, "--line", "19200 8N1", "--division", "10", "--json")
    with reading(port, *words, language="en_GB.UTF-8") as verb:
        assert json.loads(verb.stdout.readline())["outcome"] == "connected"
        port.send(b"W0010\r\n" * 3)
        weighed = json.loads(verb.stdout.readline())
        assert (weighed["outcome"], weighed["grams"]) == ("weighed", 5000)
        port.pull_out()
        assert json.loads(verb.stdout.readline())["outcome"] == "absent"
        port.plug_in()
        assert json.loads(verb.stdout.readline())["outcome"] == "connected"


def test_every_protocol_is_listed_and_is_an_example_of_a_file():
    listed = run("protocols").stdout
    assert all(name in listed for name in NAMES)
    assert [one["name"] for one in json.loads(run("protocols", "--json").stdout)["protocols"]] == [
        *NAMES
    ]
    for name in NAMES:
        printed = run("protocols", name).stdout
        assert parse(printed) == parse(known()[name])
        assert "Source:" in printed


@pytest.mark.parametrize(
    ("ours", "theirs", "field"),
    [
        ("baud = 9600", "baud = 9601", "baud: "),
        ('bits = "8N1"', 'bits = "9X1"', "bits: "),
        ('unit = "斤"', "", "patterns: "),
        ("(?P<weight>", "(", "patterns: "),
        ("(?P<weight>", "(?P<heavy>", "patterns: "),
        ("(?P<weight>", "(?P<weight", "patterns.0: "),
        ('name = "own"', "", "name: "),
        ('name = "own"', 'name = "own"\ncolour = "red"', "colour: "),
        ('"stable"', '"calm"', "without_state: "),
        ("patterns = [", "patterns = [1, ", "patterns.0: "),
    ],
)
def test_a_wrong_file_is_refused_by_field_with_a_remedy(tmp_path, ours, theirs, field):
    own = tmp_path / "own.toml"
    assert ours in OWN
    own.write_text(OWN.replace(ours, theirs), encoding="utf-8")
    answer = run("read", "--port", "/dev/null", "--protocol", own)
    assert (answer.exit_code, answer.stdout) == (2, "")
    said = answer.stderr.splitlines()[1]
    assert said.strip().startswith(field)
    assert not {"(", "_"} & set(said.removeprefix(f"  {field}"))


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"patterns = 1" * 9000])
def test_what_is_no_toml_is_refused(tmp_path, content):
    own = tmp_path / "own.toml"
    own.write_bytes(content)
    answer = run("read", "--port", "/dev/null", "--protocol", own)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "TOML" in answer.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("protocols", "abacus"),
        ("read", "--port", "/dev/null", "--protocol", "abacus"),
        ("read", "--port", "/dev/null", "--protocol", "adam", "--line", "fast"),
        ("read", "--port", "/dev/null", "--protocol", "adam", "--line", "9600 9X9"),
        ("read", "--port", "/dev/null", "--protocol", "adam", "--division", "0"),
        ("read", "--port", "/dev/null", "--protocol", "adam"),
        ("read", "--protocol", "adam"),
    ],
)
def test_wrong_usage_ends_with_2(words):
    answer = run(*words)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr
