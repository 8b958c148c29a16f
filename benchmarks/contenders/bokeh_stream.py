# Bokeh's ColumnDataSource.stream in a Panel pane, one message per reading, old points rolled over.
import threading
import time

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.palettes import Category10_8
from bokeh.plotting import figure

pn.extension(inline=True)  # no CDN

names = [f"c{i}" for i in range(CHANNELS)]
rng = np.random.default_rng(1)
walk = rng.normal(size=(POINTS, CHANNELS)).cumsum(axis=0)
t_ms = (time.time() - np.arange(POINTS, 0, -1) / HZ) * 1e3
source = ColumnDataSource({"t": t_ms, **dict(zip(names, walk.T, strict=True))}, name="bench")
plot = figure(height=400, sizing_mode="stretch_width", x_axis_type="datetime")
for name, colour in zip(names, Category10_8, strict=False):
    plot.line("t", name, source=source, color=colour)
pane = pn.pane.Bokeh(plot, sizing_mode="stretch_width")
values = walk[-1]


def feed():
    """Send one reading of every channel, HZ times a second."""
    global values
    due = time.monotonic()
    while True:
        due += 1 / HZ
        time.sleep(max(0.0, due - time.monotonic()))
        values = values + rng.normal(size=CHANNELS)
        row = {"t": [time.time() * 1e3], **{n: [v] for n, v in zip(names, values, strict=True)}}
        source.stream(row, rollover=POINTS)
        pn.io.push_notebook(pane)


threading.Thread(target=feed, daemon=True, name="feed").start()
pane
