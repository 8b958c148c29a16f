# nbstream's charts over windows as people have them; a thread goes on with the readings.
import threading
import time

import ipywidgets
import numpy as np

import nbstream as ns

names = [f"c{i}" for i in range(CHANNELS)]
rng = np.random.default_rng(1)
buffer = ns.Buffer(capacity=max(HELD, 1_000_000))
walk = rng.normal(size=(HELD, CHANNELS)).cumsum(axis=0)
buffer.extend(time.time() - np.arange(HELD, 0, -1) / HZ, **dict(zip(names, walk.T, strict=True)))
values = walk[-1]
batch = max(1, round(HZ / 60))


def feed():
    """Append readings at their rate, at most 60 times a second."""
    global values
    due = time.monotonic()
    while True:
        due += batch / HZ
        time.sleep(max(0.0, due - time.monotonic()))
        steps = values + rng.normal(size=(batch, CHANNELS)).cumsum(axis=0)
        values = steps[-1]
        times = time.time() - np.arange(batch)[::-1] / HZ
        buffer.extend(times, **dict(zip(names, steps.T, strict=True)))


threading.Thread(target=feed, daemon=True, name="feed").start()
analyzer = ns.Analyzer(buffer, window=WINDOW)
if N_CHARTS == 1:
    shown = ns.LiveChart(analyzer)
else:
    charts = [
        ns.LiveChart(analyzer, channels=[names[i % CHANNELS]], height=150, toolbar=False)
        for i in range(N_CHARTS)
    ]
    shown = ipywidgets.GridBox(charts, layout={"grid_template_columns": "1fr 1fr"})
shown
