"""Channels of words: their readings are codes, whose labels are kept here once each."""

from __future__ import annotations

import hashlib
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import as_number
from nbstream.text.naming import distinct, short_name
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nbstream.readings.batch import FloatArray

__all__ = [
    "MAX_LABELS",
    "MAX_LABEL_LENGTH",
    "Labels",
    "has_words",
    "is_missing",
    "is_word",
    "read_labels",
    "translated",
    "words_of",
]

MAX_LABELS = 1000
"""Different labels that a channel keeps; further ones are one, `OTHER`."""
MAX_LABEL_LENGTH = 200
"""Characters of a label; a longer one is cut in the middle."""
OTHER = "(other)"
_CODED = re.compile(r"[0-9]{1,9}(?: - |: | )(?=[^\W\d_]{2})")
"""What stands before the words of a label that begins with a number."""
NAN = float("nan")


class Labels:
    """The label table of one channel: code n is the label that came as the n-th.

    Parameters
    ----------
    on_full
        Called once, when a label has no place any more.

    Notes
    -----
    A label is kept as it was given, case and spaces too; two that are longer than 200 characters are told
    apart also where they differ only in what is cut out.

    Thread safety: any thread.

    Examples
    --------
    >>> labels = Labels()
    >>> labels.code("RUN"), labels.code("IDLE"), labels.code("RUN")
    (0.0, 1.0, 0.0)
    >>> labels.text(1.0)
    'IDLE'
    """

    def __init__(self, on_full: Callable[[], object] | None = None) -> None:
        self._on_full = on_full
        self._codes: dict[str, float] = {}
        self._texts: list[str] = []
        self._lock = threading.Lock()
        self.n_other = 0
        """Readings whose label had no place any more."""

    def __len__(self) -> int:
        """Return how many labels there are, `OTHER` among them if it was needed."""
        return len(self._texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """The labels, by their codes."""
        return tuple(self._texts)

    def code(self, label: str) -> float:
        """Return the code of a label, a new one if it is new."""
        key = label if len(label) <= MAX_LABEL_LENGTH else _cut(label)
        code = self._codes.get(key)
        return self._add(key) if code is None else code

    def find(self, label: str) -> float | None:
        """Return the code of a label that has come, None of one that has not."""
        code = self._codes.get(label if len(label) <= MAX_LABEL_LENGTH else _cut(label))
        if code is None and label in self._texts[MAX_LABELS:]:
            return float(MAX_LABELS)
        return code

    def codes(self, labels: Iterable[str | None]) -> FloatArray:
        """Return the codes of labels; None and what is empty are missing."""
        of_label: dict[str | None, float] = {None: NAN}
        found = []
        for label in labels:
            code = of_label.get(label)
            if code is None:
                code = of_label[label] = NAN if is_missing(label) else self.code(str(label))
                if code == MAX_LABELS:
                    del of_label[label]  # each is counted
            found.append(code)
        return np.array(found, np.float64)

    def text(self, code: float) -> str:
        """Return the label of a code; "" for NaN and what is none."""
        if not 0 <= code < len(self._texts):
            return ""
        return self._texts[int(code)]

    def _add(self, key: str) -> float:
        with self._lock:
            code = self._codes.get(key)
            if code is not None:
                return code
            if len(self._codes) < MAX_LABELS:
                self._texts.append(key)
                code = self._codes[key] = float(len(self._texts) - 1)
                return code
            is_first = len(self._texts) == MAX_LABELS
            if is_first:
                self._texts.append(distinct(OTHER, self._codes))
            self.n_other += 1
        if is_first and self._on_full is not None:
            self._on_full()
        return float(MAX_LABELS)


def translated(codes: FloatArray, others: FloatArray) -> FloatArray:
    """Return for codes of one table those of the same words in another.

    Parameters
    ----------
    codes
        In the first table; NaN, and what is no code of it, become NaN.
    others
        The codes in the other table of all words of the first, in their order.
    """
    is_code = (codes >= 0) & (codes < len(others))
    known = np.append(others, NAN)
    found: FloatArray = known[np.where(is_code, codes, len(others)).astype(np.int64)]
    return found


def is_missing(label: str | None) -> bool:
    """Return whether there is no label: a state may be called "none", "null" or "nan"."""
    return not label or label.isspace()


def read_labels(values: Any, labels: Labels, n: int, name: str) -> FloatArray:
    """Return the codes of an array or sequence of labels, shape (n,); None, NaN and "" are missing.

    Raises
    ------
    ValueError
        If something else is in it, or the length is not `n`.
    """
    categories = getattr(getattr(values, "dtype", None), "categories", None)
    if categories is not None and words_of(categories) is not None:
        codes = np.asarray(getattr(values, "cat", values).codes)
        found: FloatArray = np.append(labels.codes(words_of(categories) or ()), NAN)[codes]
    else:
        texts = words_of(values)
        if texts is None:
            given = f"{type(values).__name__} of {np.asarray(values, object).ravel()[:1].tolist()}"
            msg = f"Channel {short_name(name)!r} holds words, and must be given words (got {given:.80})."
            raise ValueError(msg)
        found = labels.codes(texts)
    if found.shape != (n,):
        msg = f"Channel {name!r} must have one value per time, shape ({n},) (got {found.shape})."
        raise ValueError(msg)
    return found


def is_word(text: Any) -> bool:
    """Return whether a text can be the first label of a channel.

    Not what may be a number in a form that is not read here, with a unit, a currency or separators; but a
    whole number before a word, as in "200 OK".
    """
    if not isinstance(text, str) or as_number(text) is not None:
        return False
    text = text.strip()
    coded = _CODED.match(text)
    if coded is not None and not is_unit(text[coded.end() :]):
        return True
    return bool(text) and not text[0].isnumeric() and text[0] not in "+-−.,($€£¥"


def has_words(values: Any) -> bool:
    """Return whether an array or sequence holds labels: texts that are no numbers, and no numbers beside."""
    texts = words_of(values)
    return texts is not None and any(map(is_word, set(texts)))


def words_of(values: Any) -> list[str | None] | None:
    """Return an array or sequence as texts, None for what is missing; None if it holds anything else."""
    if getattr(values, "ndim", 1) != 1:
        return None
    given = values.tolist() if hasattr(values, "tolist") else list(values)
    texts: list[str | None] = []
    for value in given:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, bytes):
            texts.append(value.decode("utf-8", "replace"))
        elif value is None or _is_nan(value):
            texts.append(None)
        else:
            return None
    return texts


def _is_nan(value: Any) -> bool:
    if type(value).__name__ == "NAType":
        return True
    return isinstance(value, float) and value != value


def _cut(label: str) -> str:
    """Return a label as it is kept, with a sign of the whole where another could look the same."""
    sign = hashlib.blake2s(label.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
    middle = f"…{len(label):,} characters, {sign}…"
    n = MAX_LABEL_LENGTH - len(middle)
    return f"{label[: n - n // 2]}{middle}{label[len(label) - n // 2 :]}"
