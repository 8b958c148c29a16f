# nbstream's LiveChart over a buffer that a thread fills.
import threading
import time

import numpy as np

import nbstream as ns

names = [f"c{i}" for i in range(CHANNELS)]
rng = np.random.default_rng(1)
walk = rng.normal(size=(POINTS, CHANNELS)).cumsum(axis=0)
buffer = ns.Buffer()
buffer.extend(time.time() - np.arange(POINTS, 0, -1) / HZ, **dict(zip(names, walk.T, strict=True)))
values = walk[-1]


def feed():
    """Append one reading of every channel, HZ times a second."""
    global values
    due = time.monotonic()
    while True:
        due += 1 / HZ
        time.sleep(max(0.0, due - time.monotonic()))
        values = values + rng.normal(size=CHANNELS)
        buffer.append(None, **dict(zip(names, values.tolist(), strict=True)))


threading.Thread(target=feed, daemon=True, name="feed").start()
chart = ns.LiveChart(ns.Analyzer(buffer, window=f"{POINTS / HZ:.2f}s"))
chart
