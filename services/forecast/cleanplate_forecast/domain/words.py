"""What the words of a text column (a menu, the weather, an event) usually do to a day.

Pieces of one to four letters are hashed, so that no list of words and no language is needed. A
ridge regression says how far days with such pieces were from their like days. A row that the
regression learnt from is scored by one that did not see its days: otherwise a rare menu would
carry its own outcome.
"""

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


@dataclass(frozen=True)
class Words:
    """The effect of each piece of text, relative to the like days."""

    effects: Floats
    constant: float

    def score(self, texts: Texts) -> Floats:
        """Return the effect of each text; NaN for an empty one."""
        distinct, which = np.unique(texts, return_inverse=True)
        found = _pieces(distinct) @ self.effects + self.constant
        return np.where(distinct == "", np.nan, found)[which]


def learn_words(texts: Texts, places: Ints, unusual: Floats) -> tuple[Words, Floats] | None:
    """Return the words' effects, and the score of each row by effects learnt on other dates.

    Args:
        texts: of the rows, shape (n,); "" for none.
        places: of the rows' dates among the open dates.
        unusual: diners over those of the like days, less one; no NaN.

    Returns None if there are fewer than 20 different days with text.
    """
    days = _days(texts, places, unusual).spread(_MOST_DAYS)
    if len(days.texts) < _LEAST_DAYS or len(np.unique(days.texts)) == 1:
        return None
    tried = days.spread(_MOST_TRIED)
    tries = RidgeCV(alphas=_PENALTIES).fit(_pieces(tried.texts), tried.unusual)
    pieces, penalty = _pieces(days.texts), float(tries.alpha_)
    folds = days.places // _TOGETHER % _FOLDS
    scores = np.full(len(texts), np.nan)
    for fold in range(_FOLDS):
        rows = places // _TOGETHER % _FOLDS == fold
        scores[rows] = _words(pieces[folds != fold], days.unusual[folds != fold], penalty).score(
            texts[rows]
        )
    return _words(pieces, days.unusual, penalty), scores


@dataclass(frozen=True)
class _Days:
    texts: Texts
    places: Ints
    unusual: Floats

    def spread(self, most: int) -> "_Days":
        """Return at most so many of the rows, evenly spread over time."""
        if len(self.texts) <= most:
            return self
        at = np.linspace(0, len(self.texts) - 1, most).astype(np.int64)
        return _Days(self.texts[at], self.places[at], self.unusual[at])


def _days(texts: Texts, places: Ints, unusual: Floats) -> _Days:
    """Return one row per text and date, from old to new, with the mean over those who had it."""
    distinct, which = np.unique(texts, return_inverse=True)
    span = int(places.max(initial=0)) + 1
    keys, at = np.unique(which * span + places, return_inverse=True)
    mean = np.bincount(at, unusual) / np.bincount(at)
    keep = np.flatnonzero(distinct[keys // span] != "")
    keep = keep[np.argsort(keys[keep] % span, kind="stable")]
    return _Days(distinct[keys[keep] // span], keys[keep] % span, mean[keep])


def _words(pieces: csr_matrix, unusual: Floats, penalty: float) -> Words:
    line = Ridge(alpha=penalty).fit(pieces, unusual)
    return Words(line.coef_, float(line.intercept_))


def _pieces(texts: NDArray[Any]) -> csr_matrix:
    hashing = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), n_features=_PIECES, alternate_sign=False
    )
    return hashing.transform([text[:_LONGEST] for text in texts])
