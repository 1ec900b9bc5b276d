"""What the words of a text column (a menu, the weather, an event) usually do to a day.

Pieces of one to four letters are hashed, so that no list of words and no language is needed. A
ridge regression says how far days with such pieces were from their like days. A row that the
regression learnt from is scored by one that did not see its days: otherwise a rare menu would
carry its own outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import Ridge, RidgeCV

from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_forecast.domain.columns import Texts

_PIECES = 4096
_FOLDS, _TOGETHER = 5, 5  # so many folds, of so many neighbouring dates at once
_MOST_DAYS, _MOST_TRIED = 6_000, 1_500  # to learn from, and to find the penalty with
_PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)
_LEAST_DAYS = 20
_LONGEST = 2_000  # letters
_AT_ONCE = 20_000  # texts; the pieces of more would fill the memory


@dataclass(frozen=True)
class Words:
    """The effect of each piece of text, relative to the like days."""

    effects: Floats
    constant: float

    def score(self, texts: Texts) -> Floats:
        """Return the effect of each text; NaN for an empty one."""
        distinct, which = _distinct(texts)
        scores: Floats = _scores([self], distinct)[which, 0]
        return scores


def learn_words(texts: Texts, places: Ints, unusual: Floats) -> tuple[Words, Floats] | None:
    """Return the words' effects, and the score of each row by effects learnt on other dates.

    Args:
        texts: of the rows, shape (n,); "" for none.
        places: of the rows' dates among the open dates.
        unusual: diners over those of the like days, less one; no NaN.

    Returns None if there are fewer than 20 different days with text.
    """
    distinct, which = _distinct(texts)
    days = _days(distinct, which, places, unusual)
    days = days.only(_spread(len(days.texts), _MOST_DAYS))
    if len(days.texts) < _LEAST_DAYS or len(set(days.texts)) == 1:
        return None
    pieces, tried = _pieces(days.texts), _spread(len(days.texts), _MOST_TRIED)
    tries = RidgeCV(alphas=_PENALTIES).fit(pieces[tried], days.unusual[tried])
    penalty, folds = float(tries.alpha_), days.places // _TOGETHER % _FOLDS
    without = [
        _words(pieces[folds != fold], days.unusual[folds != fold], penalty)
        for fold in range(_FOLDS)
    ]
    scores = _scores(without, distinct)[which, places // _TOGETHER % _FOLDS]
    return _words(pieces, days.unusual, penalty), scores


@dataclass(frozen=True)
class _Days:
    texts: Texts
    places: Ints
    unusual: Floats

    def only(self, rows: Ints) -> "_Days":
        return _Days(self.texts[rows], self.places[rows], self.unusual[rows])


def _spread(count: int, most: int) -> Ints:
    """Return at most so many of the rows, evenly spread over time."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(np.int64)


def _distinct(texts: Texts) -> tuple[Texts, Ints]:
    """Return the different texts, and which of them each row has.

    It is `np.unique` by a hash table: sorting forty thousand menus takes a second.
    """
    rows = texts.tolist()
    first = {text: row for row, text in reversed(list(enumerate(rows)))}
    ordered = sorted(first)
    place = {text: at for at, text in enumerate(ordered)}
    which = np.fromiter((place[text] for text in rows), np.int64, len(rows))
    return texts[[first[text] for text in ordered]], which


def _days(distinct: Texts, which: Ints, places: Ints, unusual: Floats) -> _Days:
    """Return one row per text and date, from old to new, with the mean over those who had it."""
    span = int(places.max(initial=0)) + 1
    keys, at = np.unique(which * span + places, return_inverse=True)
    mean = np.bincount(at, unusual) / np.bincount(at)
    keep = np.flatnonzero(distinct[keys // span] != "")
    keep = keep[np.argsort(keys[keep] % span, kind="stable")]
    return _Days(distinct[keys[keep] // span], keys[keep] % span, mean[keep])


def _scores(words: Sequence[Words], distinct: Texts) -> Floats:
    """Return what each of `words` says of each text, shape (n, len(words)); each is cut up once."""
    effects = np.stack([one.effects for one in words], axis=1)
    constants = np.array([one.constant for one in words])
    found = np.full((len(distinct), len(words)), np.nan)
    for start in range(0, len(distinct), _AT_ONCE):
        some = distinct[start : start + _AT_ONCE]
        found[start : start + _AT_ONCE] = _pieces(some) @ effects + constants
    found[distinct == ""] = np.nan
    return found


def _words(pieces: csr_matrix, unusual: Floats, penalty: float) -> Words:
    line = Ridge(alpha=penalty).fit(pieces, unusual)
    return Words(line.coef_, float(line.intercept_))


def _pieces(texts: NDArray[Any]) -> csr_matrix:
    hashing = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), n_features=_PIECES, alternate_sign=False
    )
    return hashing.transform([text[:_LONGEST] for text in texts])
