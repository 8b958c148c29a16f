"""A function of the user's for each reading."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from nbstream.sources.gathering import gather
from nbstream.sources.items import ItemReader
from nbstream.sources.tables import Table
from nbstream.sources.transforms.steps import Step
from nbstream.sources.wording import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.readings.batch import Batch
    from nbstream.sources.gathering import Row

__all__ = ["Map"]


class Map(Step):
    """Readings that a function makes of readings.

    Parameters
    ----------
    function
        Takes values by channel, and returns a reading in any form, or None.
    """

    def __init__(self, function: Callable[[dict[str, float | str]], Any]) -> None:
        super().__init__()
        given: Any = function
        if not callable(given):
            message = f"'function' must be a function of a reading (got {given!r:.80})."
            raise TypeError(message)
        self.function = function
        self._now_ns = 0
        self._reader = ItemReader(lambda: self._now_ns, UTC)
        self._reader.time_name = False
        self._n_none = 0

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return what the function makes of each row; one for which it raises is rejected."""
        rows: list[Row] = []
        tables: list[Table] = []
        names = list(batch.values)
        labels = [self.labels.get(name) for name in names]
        columns = [batch.values[name].tolist() for name in names]
        for when, *values in zip(batch.times.tolist(), *columns, strict=True):
            reading = {
                name: value if table is None else table.text(value)
                for name, value, table in zip(names, values, labels, strict=True)
            }
            self._now_ns = when
            try:
                item = self.function(reading)
                found = [] if item is None else self._reader.read(item)
            except Exception as error:
                self.n_rejected += 1
                name = getattr(self.function, "__name__", "the function")
                self.problem = self.problem or f"{name} raised {explain(error)}"
                continue
            self._n_none += item is None
            for piece in found:
                if isinstance(piece, Table):
                    tables.append(piece)
                else:
                    rows.append(piece)
        made = [gathered.batch for gathered in gather(rows)] if rows else []
        return made + [table.batch(self._now_ns) for table in tables if table.values]

    @property
    def note(self) -> str:
        """For how many readings the function returned none."""
        return f"{self._n_none:,} readings left out by the function" if self._n_none else ""
