"""What a transform does with a batch: rename, select, where, derive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from nbstream.expressions.parsing import read_condition, read_formula
from nbstream.expressions.tree import variables
from nbstream.expressions.variables import Channel, Value, Variable, Word
from nbstream.readings.batch import Batch
from nbstream.sources.transforms.chain import as_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.expressions.nodes import Node
    from nbstream.readings.batch import FloatArray
    from nbstream.readings.labels import Labels

__all__ = ["Derive", "Keep", "Rename", "Select", "Step", "Where"]


class Step(ABC):
    """What is done with each batch; what it remembers is its own."""

    labels: Mapping[str, Labels]
    """The label tables of the channels that come."""

    def __init__(self) -> None:
        self.labels = {}
        self.n_received = self.n_rejected = self.n_dropped = 0
        """Readings that were not passed on, since somebody asked: without a number, and too late."""
        self.problem = ""
        """Why the first of them was not."""

    @abstractmethod
    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return what becomes of a batch."""

    def finish(self) -> Sequence[Batch]:
        """Return what was kept until the source ended."""
        return ()

    def name_of(self, channel: str) -> str:
        """Return the name that a channel which is passed on has then."""
        return channel

    @property
    def note(self) -> str:
        """What was left out, for people; "" if nothing was."""
        return ""


class Keep(Step):
    """Nothing."""

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return the batch."""
        return (batch,)


class Rename(Step):
    """Other names for channels.

    Parameters
    ----------
    names
        New names by old ones.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        as_names(names)
        as_names(names.values())
        if len(set(names.values())) < len(names):
            message = f"Two channels cannot have one name (got {dict(names)!r})."
            raise ValueError(message)
        self.names = dict(names)
        self._taken = frozenset(names.values())

    def name_of(self, channel: str) -> str:
        """Return the new name."""
        return self.names.get(channel, channel)

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return the batch with the new names; a channel that has one already gives it up."""
        kept = {
            name: values
            for name, values in batch.values.items()
            if name in self.names or name not in self._taken
        }
        return (Batch(batch.times, {self.name_of(name): v for name, v in kept.items()}),)


class Select(Step):
    """Some of the channels.

    Parameters
    ----------
    channels
        Their names.
    """

    def __init__(self, channels: Sequence[str]) -> None:
        super().__init__()
        self.channels = frozenset(as_names(channels))

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return the batch with these channels, nothing if it has none of them."""
        kept = {name: v for name, v in batch.values.items() if name in self.channels}
        return (Batch(batch.times, kept),) if kept else ()


class _Expression(Step):
    """A step that asks channels for their values, of other batches too."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        super().__init__()
        self._variables = frozenset(v for node in nodes for v in variables(node))
        for variable in self._variables:
            if not isinstance(variable, (Channel, Value, Word)):
                advice = f"if it is a channel, write channel({variable.text!r})"
                message = f"{variable.text!r} is known in rules only; {advice}."
                raise ValueError(message)
        self._last: dict[str, float] = {}

    @property
    def _names(self) -> set[str]:
        return {_name_of(variable) for variable in self._variables}

    def _columns(self, batch: Batch) -> _BatchColumns:
        return _BatchColumns(batch, self._last, self.labels)

    def _remember(self, batch: Batch) -> None:
        for name in self._names & batch.values.keys():
            values = batch.values[name]
            known = values[values == values]
            if len(known):
                self._last[name] = float(known[-1])


class Where(_Expression):
    """The readings for which a condition holds.

    Parameters
    ----------
    condition
        As rules have it, of channels only.
    """

    def __init__(self, condition: str) -> None:
        self.condition = read_condition(condition)
        super().__init__([self.condition])
        self._n_left_out = 0

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return the rows for which it certainly holds."""
        holds = np.broadcast_to(self.condition.truth(self._columns(batch)).true, len(batch))
        self._remember(batch)
        n = int(holds.sum())
        self._n_left_out += len(batch) - n
        if n == len(batch):
            return (batch,)
        values = {name: v[holds] for name, v in batch.values.items()}
        return (Batch(batch.times[holds], values),) if n else ()

    @property
    def note(self) -> str:
        """How many readings were left out."""
        if not self._n_left_out:
            return ""
        return f"{self._n_left_out:,} readings left out where not {self.condition.text}"


class Derive(_Expression):
    """Further channels.

    Parameters
    ----------
    formulas
        By the names of the new channels.
    """

    def __init__(self, formulas: Mapping[str, str]) -> None:
        as_names(formulas)
        self.formulas = {name: read_formula(text) for name, text in formulas.items()}
        super().__init__([*self.formulas.values()])
        self._needs = {
            name: {_name_of(v) for v in variables(node)} for name, node in self.formulas.items()
        }

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return the batch, with those channels beside that one of its own says something new about."""
        columns = self._columns(batch)
        values = dict(batch.values)
        with np.errstate(all="ignore"):
            for name, node in self.formulas.items():
                if self._needs[name] & batch.values.keys():
                    values[name] = np.broadcast_to(node.numbers(columns), len(batch)).copy()
        self._remember(batch)
        return (Batch(batch.times, values),)


class _BatchColumns:
    """A batch as expressions see it."""

    channel = "value"

    def __init__(
        self, batch: Batch, last: Mapping[str, float], labels: Mapping[str, Labels]
    ) -> None:
        self._batch = batch
        self._last = last
        self._labels = labels

    def column(self, variable: Variable) -> FloatArray:
        """Return a channel's values, its last one where the batch doesn't have it, NaN before its first."""
        name = _name_of(variable)
        values = self._batch.values.get(name)
        if values is None:
            return np.full(len(self._batch), self._last.get(name, np.nan))
        return values

    def labels(self, variable: Variable) -> Labels | None:
        """Return the label table of a channel."""
        return self._labels.get(_name_of(variable))


def _name_of(variable: Variable) -> str:
    name = getattr(variable, "name", None)
    return "value" if name is None else str(name)
