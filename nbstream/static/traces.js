// The traces of the live lines in plotly's figure: their style is what the canvas draws, and while a view stands
// still they hold the points, so that everything plotly does works on them.

import { wallClock } from "./axes.js";

/** The traces that stand for the channels in one figure. */
export class LiveTraces {
  /** @param {any} figure the element that plotly draws into */
  constructor(figure) {
    this.figure = figure;
  }

  /**
   * Lines with what plotly knows of their traces: colour, width, dash, hidden in the legend or not.
   * @param {import("./line.js").Line[]} lines by the number of their channel
   * @param {{name: string, unit: string}[]} channels
   */
  drawable(lines, channels) {
    const found = [];
    for (const trace of this.figure._fullData ?? []) {
      const number = channelOf(trace);
      const line = lines[number];
      if (!line || trace.visible !== true) continue;
      const given = this.figure.data[trace.index] ?? {};
      found.push({
        line,
        number,
        index: trace.index,
        channel: channels[number] ?? { name: trace.name, unit: "" },
        isNative: !canDraw(trace),
        style: {
          color: trace.line?.color ?? trace.marker?.color ?? "#888",
          width: trace.line?.width ?? 1.5,
          dash: trace.line?.dash ?? "solid",
          mode: given.mode ?? null,
          markerSize: trace.marker?.size ?? 6,
          opacity: trace.opacity ?? 1,
        },
      });
    }
    return found;
  }

  /**
   * Put points into the traces of some channels.
   * @param {import("./wire.js").LinePatch[]} patches
   * @param {{gap: number | null}[]} channels
   * @param {number} offset of the display zone, ms
   */
  fill(patches, channels, offset) {
    const points = [];
    const indices = [];
    for (const { channel, times, values } of patches) {
      const index = (this.figure.data ?? []).findIndex((trace) => channelOf(trace) === channel);
      if (index < 0) continue;
      points.push(tracePoints(times, values, channels[channel]?.gap ?? Infinity, offset));
      indices.push(index);
    }
    this.setPoints(indices, points);
  }

  /** Take the points out again. */
  empty() {
    const indices = (this.figure.data ?? []).flatMap((trace, i) => (channelOf(trace) >= 0 ? [i] : []));
    this.setPoints(indices, indices.map(() => [[null], [null]]));
  }

  /** Lines in a style that the canvas can't draw go through plotly, at its speed. */
  refreshNative(drawable, from, to, offset) {
    const native = drawable.filter(({ isNative }) => isNative);
    const points = native.map(({ line }) => {
      const a = Math.max(line.start, line.indexOf(from) - 1);
      const b = Math.min(line.end, line.indexOf(to) + 1);
      return tracePoints(line.times.subarray(a, b), line.values.subarray(a, b), line.gap, offset);
    });
    this.setPoints(native.map(({ index }) => index), points);
  }

  setPoints(indices, points) {
    if (!indices.length) return;
    const data = { x: points.map(([x]) => x), y: points.map(([, y]) => y), _doNotReportToPy: true };
    // New x data makes plotly guess the type of the axis again, and forget its range.
    const { type, range } = this.figure._fullLayout.xaxis;
    Plotly.update(this.figure, data, { "xaxis.type": type, "xaxis.range": [...range] }, indices);
  }
}

/** @returns {number} the channel that a trace shows live, -1 for a trace of the user's own */
function channelOf(trace) {
  return Number(/^nbs-(\d+)$/.exec(trace.meta)?.[1] ?? -1);
}

/** Whether the canvas can draw a trace as plotly would. */
function canDraw(trace) {
  return (
    trace.type === "scatter" &&
    (trace.fill ?? "none") === "none" &&
    (trace.line?.shape ?? "linear") === "linear" &&
    !trace.error_y?.visible &&
    !trace.error_x?.visible &&
    !(trace.mode ?? "").includes("text")
  );
}

/** Points for a plotly trace: the zone's wall clock, with a break (null) where the line has one. */
function tracePoints(times, values, gap, offset) {
  const xs = [];
  const ys = [];
  for (let i = 0; i < times.length; i += 1) {
    if (i > 0 && times[i] - times[i - 1] > gap) {
      xs.push(wallClock((times[i] + times[i - 1]) / 2, offset));
      ys.push(null);
    }
    xs.push(wallClock(times[i], offset));
    ys.push(Number.isNaN(values[i]) ? null : values[i]);
  }
  return [xs, ys];
}
