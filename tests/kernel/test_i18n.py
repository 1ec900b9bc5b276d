import io
import re
import string
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from cleanplate_shared.i18n import msg, negotiate, translations

ROOT = Path(__file__).parents[2]
_METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.js", "javascript")]


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.8,zh;q=0.9", "zh"),
        ("fr,de;q=0.9", "zh"),
        ("fr,en;q=0.1", "en"),
        ("EN-us", "en"),
        ("en;q=0", "zh"),
        ("en;q=abc", "zh"),
        (";;q=,,en", "en"),
        ("*", "zh"),
    ],
)
def test_the_best_of_our_languages_is_chosen(header, locale):
    assert negotiate(header) == locale


def test_a_message_fills_in_its_parameters_and_messages_within():
    wait = msg("Please try again in {seconds} {seconds:second|seconds}.", seconds=3)
    assert wait.in_("en") == "Please try again in 3 seconds."
    assert "3" in wait.in_("zh")
    assert not wait.in_("zh").isascii()
    assert msg("{inner}!", inner=msg("Not found")).in_("zh") == "未找到!"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 meals were"), (1, "1 meal was"), (2, "2 meals were"), (1.5, "1.5 me")],
)
def test_english_has_a_word_for_one(count, said):
    assert msg("{n} {n:meal was|meals were} left", n=count).in_("en").startswith(said)


def test_a_sentence_writes_numbers_as_it_says():
    assert msg("{n:.1f} of {all!r} {who.name}", n=2, all="x", who=ROOT).in_("en") == (
        f"2.0 of 'x' {ROOT.name}"
    )


def extracted():
    """Every sentence of the product that somebody may see."""
    found = set()
    for folder in ("shared", "services", "gateway"):
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder,
            method_map=_METHODS,
            keywords={"msg": None, "_": None},
            directory_filter=lambda path: Path(path).name not in {"node_modules", "vendor"},
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found - {""}


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def catalogue():
    source = (files("cleanplate_shared") / "locale" / "zh.po").read_bytes()
    return read_po(io.BytesIO(source), locale="zh")


def test_every_sentence_has_its_chinese():
    known = {message.id for message in catalogue() if message.id and message.string}
    assert extracted() - known == set()


# Numbers that are never one.
_NEVER_ONE = {
    "A meal is rated on its day and for {days} days.",
    "As of {time}, {hours} hours ago. No connection?",
    "As of {time}, {minutes} minutes ago. No connection?",
    "This tablet's clock is {minutes} minutes fast: set it. What is weighed is counted on the "
    "right day all the same.",
    "This tablet's clock is {minutes} minutes slow: set it. What is weighed is counted on the "
    "right day all the same.",
    "Choose a day from tomorrow to {days} days ahead.",
    "{first} to {today}, {canteens} canteens, {units} units, about {diners} diners; a clean-plate "
    "campaign begins on {campaign} at {canteen}.",
}
_COUNTED = re.compile(
    r"\{\w+\} (cells|days|diners|dishes|hours|ingredients|meals|minutes|people|portions|pots"
    r"|ratings|reports|rows|seats|seconds|values|open days)\b"
)


def test_english_counts_one_as_one():
    one_or_many = re.compile(r"\{\w+:[^{}|]*\|[^{}]*\{\w+\}[^{}]*\}")
    found = {
        text
        for text in extracted()
        if _COUNTED.search(one_or_many.sub("", text)) and "t most" not in text
    }
    assert found - _NEVER_ONE == set()


def test_the_chinese_has_the_same_placeholders():
    wrong = {
        message.id: message.string
        for message in catalogue()
        if message.id
        and message.string
        and placeholders(message.id) != placeholders(message.string)
    }
    assert wrong == {}


def test_an_unknown_sentence_is_shown_as_it_was_written():
    assert translations("zh").gettext("No such sentence.") == "No such sentence."
