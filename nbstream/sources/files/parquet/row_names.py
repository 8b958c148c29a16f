"""What rows of a table in Parquet are about, where a column or a folder names it, and their words."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import Batch
from nbstream.readings.labels import Labels, translated
from nbstream.sources.frames import ONE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nbstream.readings.batch import FloatArray
    from nbstream.sources.files.parquet.places import Place

__all__ = ["RowNames", "joined", "plain"]


class RowNames:
    """Takes rows apart by what they are about, and gives each channel the codes of its own words.

    Parameters
    ----------
    pivots
        What names the channels: a column, or keys of folders ("sensor=attic"); none if columns are channels.
    column
        That of them which is a column; "" if none is.
    labels_for
        Returns the label table of a channel of words, None where it holds numbers.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(
        self,
        pivots: Sequence[str],
        column: str,
        labels_for: Callable[[str], Labels | None],
    ) -> None:
        self._pivots, self._column = pivots, column
        self._labels_for = labels_for
        self._own_labels: dict[str, Labels] = {}

    def text_of(self, place: Place) -> str:
        """Return what the folders of a file say its rows are about."""
        return "/".join(place.keys.get(key, "") for key in self._pivots)

    def of(self, table: Any, place: Place) -> tuple[list[str], Any] | None:
        """Return texts that name the channels of rows, and for each row which of them; None if none do."""
        if not self._pivots:
            return None
        if not self._column:
            return [self.text_of(place)], np.zeros(table.num_rows, np.int64)
        cells = plain(table[self._column])
        if not importlib.import_module("pyarrow").types.is_dictionary(cells.type):
            cells = cells.cast("string").dictionary_encode()
        texts = ["" if text is None else str(text) for text in cells.dictionary.to_pylist()]
        return [*texts, ""], cells.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)

    def apart(self, batch: Batch, texts: list[str], which: Any) -> Iterator[Batch]:
        """Yield the rows of each thing as a batch of its own channels."""
        if len(texts) == 1:
            found = (self._renamed(texts[0], name, of) for name, of in batch.values.items())
            yield Batch(batch.times, dict(found))
            return
        order = np.argsort(which, kind="stable")
        ordered = which[order]
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])).tolist()
        for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
            rows = order[start:stop]
            text = texts[int(ordered[start])]
            named = (self._renamed(text, name, of[rows]) for name, of in batch.values.items())
            yield Batch(batch.times[rows], dict(named))

    def labels_of(self, channel: str) -> Labels | None:
        """Return the labels of a channel; of one that is named by its rows the column's, till it is."""
        if not self._pivots:
            return self._labels_for(channel)
        return self._own_labels.setdefault(channel, Labels())

    def with_labels(self, batch: Batch, labels: Mapping[str, Sequence[str]]) -> Batch:
        """Return a batch of a recording whose codes of words are those of the label tables here."""
        values = dict(batch.values)
        for name, texts in labels.items():
            table = self._labels_for(name) if name in values else None
            if table is not None:
                values[name] = translated(values[name], table.codes(texts))
        return Batch(batch.times, values)

    def _renamed(self, text: str, name: str, values: FloatArray) -> tuple[str, FloatArray]:
        """Return the whole name of a channel, and its values, as codes of its own labels."""
        found, own = joined(text, name), self._own_labels.get(name)
        table = None if own is None else self._labels_for(found)
        if own is None or table is None:
            return found, values
        return found, translated(values, table.codes(own.texts))


def joined(text: str, name: str) -> str:
    """Return the name of a channel of a thing."""
    if not text:
        return name
    return text if name == ONE_CHANNEL else f"{text}.{name}"


def plain(cells: Any) -> Any:
    """Return a column of a Table as one Array."""
    return cells.chunk(0) if cells.num_chunks == 1 else cells.combine_chunks()
