// The traces of the live lines in plotly's figure: their style is what the canvas draws, and while a view stands
// still they hold the points, so that everything plotly does works on them.

import { fromWallClock, wallClock } from "./axes.js";

/** With fewer points plotly draws markers of its own accord. */
const FEW = 20;
const DOT_PX = 1.5;

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
    return this.addUntraced(found, lines, channels);
  }

  /** Channels that came while the kernel is too busy to give them traces are drawn as those will look. */
  addUntraced(found, lines, channels) {
    const traces = this.figure.data ?? [];
    const known = new Set(traces.map(channelOf));
    const colors = this.figure._fullLayout?.colorway ?? [];
    let index = traces.length;
    lines.forEach((line, number) => {
      if (known.has(number) || !channels[number]) return;
      const color = colors[index % colors.length] ?? "#888";
      const style = { color, width: 1.5, dash: "solid", mode: null, markerSize: 6, opacity: 1 };
      found.push({ line, number, index, channel: channels[number], isNative: false, style });
      index += 1;
    });
    return found;
  }

  /**
   * Put points into the traces of some channels.
   * @param {import("./wire.js").LinePatch[]} patches
   * @param {number} offset of the display zone, ms
   */
  fill(patches, offset) {
    const points = [];
    const indices = [];
    for (const { channel, times, values } of patches) {
      const index = (this.figure.data ?? []).findIndex((trace) => channelOf(trace) === channel);
      if (index < 0) continue;
      points.push(tracePoints(times, values, offset, this.dotMs(index)));
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
    const points = native.map(({ line, index }) => {
      const a = Math.max(line.start, line.indexOf(from) - 1);
      const b = line.stopOf(to);
      return tracePoints(line.times.subarray(a, b), line.values.subarray(a, b), offset, this.dotMs(index));
    });
    this.setPoints(native.map(({ index }) => index), points);
  }

  /** @returns {number} half the width of a dot in a trace that plotly draws without markers, 0 with them */
  dotMs(index) {
    if ((this.figure.data[index].mode ?? "lines") !== "lines") return 0;
    const { xaxis, _size } = this.figure._fullLayout;
    const [from, to] = xaxis.range.map((end) => fromWallClock(end, 0));
    return (DOT_PX * (to - from)) / _size.w;
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

/**
 * Points for a plotly trace: the zone's wall clock, null where the line breaks. A reading that no line leads to
 * or from, which plotly wouldn't draw, becomes a line of `dotMs` on either side.
 */
function tracePoints(times, values, offset, dotMs) {
  const xs = [];
  const ys = [];
  const isMissing = (i) => !(i >= 0 && i < times.length) || Number.isNaN(values[i]);
  for (let i = 0; i < times.length; i += 1) {
    const y = isMissing(i) ? null : values[i];
    if (y !== null && dotMs > 0 && times.length >= FEW && isMissing(i - 1) && isMissing(i + 1)) {
      xs.push(wallClock(times[i] - dotMs, offset), wallClock(times[i] + dotMs, offset));
      ys.push(y, y);
    } else {
      xs.push(wallClock(times[i], offset));
      ys.push(y);
    }
  }
  return [xs, ys];
}
