"""One channel's rows, also where there are none, and by the names that they had before."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream import Buffer
from nbstream.readings.channel_rows import ChannelRows
from nbstream.readings.earlier_members import OF_CHANNEL, OF_STORE
from nbstream.readings.window import Window

NS = 10**9


def closed() -> Buffer:
    """Return a buffer that had readings."""
    buffer = Buffer(timezone="UTC")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, float("nan"), 3.0])
    buffer.close()
    return buffer


@pytest.mark.parametrize("buffer", [Buffer(), closed()])
def test_what_is_not_there_has_no_rows(buffer: Buffer) -> None:
    """A channel that is not there yet, or whose buffer was closed, answers and raises nothing."""
    x = buffer.channel("x")
    assert repr(x) == "<rows 0 to 0 of 'x'>"
    assert x.span() == x.window_rows(Window(readings=3)) == (0, 0)
    assert x.window_rows(Window(duration_ns=NS), newest_ns=5 * NS, end=3) == (0, 0)
    assert (x.row_at(NS), x.rows_after(np.array([0, NS])).tolist()) == (0, [0, 0])
    assert len(x.rows(0).times) == len(x.rows(0, 3).values) == 0
    assert (x.segment, x.segment_at(2), x.revision, x.missing) == (0, 0, 0, 0)
    assert (x.time_at(0), x.newest_ns, x.last_time_ns) == (None, None, None)
    assert (x.interval_ns, x.own_interval_ns, buffer.stale_after("x")) == (None, None, None)
    assert np.isnan(x.last_value)
    assert x.covers(Window(duration_ns=NS))
    cursor = x.cursor()
    assert len(x.read_on(cursor).times) == 0
    x.move_to(cursor, NS)
    assert (cursor.row, x.take_change(cursor)) == (0, None)


def test_rows_are_there_as_soon_as_the_channel_is() -> None:
    """Who asked before the first reading need not ask anew; another channel's are its own."""
    buffer = Buffer(timezone="UTC")
    x, y = buffer.channel("x"), buffer.channel("y")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 3.0])
    assert (x.span(), y.span()) == ((0, 3), (0, 0))
    assert x.rows(1).values.tolist() == [2.0, 3.0]
    assert (x.newest_ns, x.interval_ns) == (2 * NS, NS)


def test_earlier_names_work_with_a_warning() -> None:
    """What took a channel first is found on its rows; what is not public any more says so."""
    buffer = Buffer(timezone="UTC")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 3.0])
    with pytest.warns(DeprecationWarning, match=r"Use Buffer\.channel\(…\)\.rows\.") as warned:
        assert buffer.rows("x", 1).values.tolist() == [2.0, 3.0]
    assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="last_value"):
        assert buffer.last_value("x") == 3.0
    with pytest.warns(DeprecationWarning, match="window_rows"):
        assert buffer.window_rows("x", Window(readings=2), end=2) == (0, 2)
    with pytest.warns(DeprecationWarning, match="no longer public"):
        assert buffer.moment().ends == {"x": 3}
    for name in OF_CHANNEL:
        assert hasattr(ChannelRows, name)
        with pytest.warns(DeprecationWarning, match=name):
            assert callable(getattr(buffer, name))
    for name in OF_STORE:
        with pytest.warns(DeprecationWarning, match=name):
            getattr(buffer, name)


def test_what_a_buffer_never_had() -> None:
    """It is an AttributeError, of a buffer that is half made too."""
    for buffer in (Buffer(), Buffer.__new__(Buffer)):
        with pytest.raises(AttributeError, match="'Buffer' object has no attribute 'sums'"):
            _ = buffer.sums
