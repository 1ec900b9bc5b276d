"""Words for codes, where one text is a code of two kinds."""

import pytest

from cleanplate_gateway.faces.formats import label
from cleanplate_shared.contracts.menu_door import FailureKind
from cleanplate_shared.contracts.menu_planning import AbsenceKind


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (AbsenceKind.OTHER, "Other"),
        (FailureKind.OTHER, "Something else"),
        ("lunch", "Lunch"),
        ("no such code", "no such code"),
    ],
)
def test_a_code_has_the_words_of_its_kind(code, words):
    assert label(code, "en") == words
