# plotly's FigureWidget: every point anew, 30 times a second (60 only make its queue grow faster).
import threading
import time

import numpy as np
import plotly.graph_objects as go

UPDATES_HZ = 30
rng = np.random.default_rng(1)
new = HZ // UPDATES_HZ
t_ms = (time.time() - np.arange(POINTS, 0, -1) / HZ) * 1e3
walk = rng.normal(size=(CHANNELS, POINTS)).cumsum(axis=1)
chart = go.FigureWidget([go.Scatter(x=t_ms, y=y, mode="lines") for y in walk])
chart.update_layout(height=400, xaxis_type="date")


def feed():
    """Append the readings since the last update and send every point again."""
    global t_ms, walk
    due = time.monotonic()
    while True:
        due += 1 / UPDATES_HZ
        time.sleep(max(0.0, due - time.monotonic()))
        t_ms = np.r_[t_ms[new:], (time.time() - np.arange(new)[::-1] / HZ) * 1e3]
        steps = walk[:, -1:] + rng.normal(size=(CHANNELS, new)).cumsum(axis=1)
        walk = np.c_[walk[:, new:], steps]
        with chart.batch_update():
            for trace, y in zip(chart.data, walk, strict=True):
                trace.x = t_ms
                trace.y = y


threading.Thread(target=feed, daemon=True, name="feed").start()
chart
