"""What commands look at: a source with its statistics, rules and detectors."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nbstream.analysis.analyzer import Analyzer
from nbstream.commands.opening import as_typed
from nbstream.errors import SourceError
from nbstream.sources import ParquetSource, SourceState
from nbstream.sources.wording import explain
from nbstream.widgets.default_window import fit_window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbstream.readings.window import Window
    from nbstream.sources import Source

__all__ = ["raise_failure", "watching"]


@contextlib.contextmanager
def watching(
    source: Source,
    *,
    window: Window | str | None = None,
    alerts: Sequence[str] = (),
    rules: str | None = None,
    detect: bool | Sequence[str] = False,
    is_started: bool = True,
    resumes: bool = True,
) -> Iterator[Analyzer]:
    """Start a source and yield its analyzer; both are closed at the end.

    Parameters
    ----------
    source
        It is closed too if something is wrong with the rest.
    window, alerts, rules, detect
        As the arguments of `arguments.add_analysis`; `detect` may name detectors.
    is_started
        False leaves the start to the caller.
    resumes
        Whether incidents that were open when the rules were saved go on.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(source.close)
        is_whole = isinstance(source, ParquetSource) and source.speed is None
        analyzer = Analyzer(source, "all" if window is None and is_whole else window)
        stack.callback(analyzer.close)
        if window is None:
            fit_window(analyzer)
        if rules is not None:
            analyzer._alerting.add_saved_rules(rules, resumes=resumes)
        for alert in alerts:
            analyzer.alert(alert)
        for detector in ["default"] if detect is True else detect or ():
            analyzer.detect(detector)
        if is_started:
            source.start()
        yield analyzer


def raise_failure(source: Source) -> None:
    """Raise what a source failed with; what ended well, or goes on, is nothing to raise.

    Raises
    ------
    SourceError
        If it has failed.
    """
    if source.state is not SourceState.FAILED:
        return
    error = source.last_error
    why = source.reason if error is None else explain(error)
    message = as_typed(f"{source.name!r} has failed: {why}")
    raise SourceError(message, source=source.name) from error
