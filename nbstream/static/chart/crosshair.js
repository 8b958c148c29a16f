// The values at the cursor, also while the lines move under it.

import { element } from "../shared/dom.js";
import { wallClock } from "./axes.js";

/** @returns {string} a value with as many digits as the range deserves */
export function cursorNumber(value, span) {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const digits = span > 0 ? Math.min(10, Math.max(0, 3 - Math.floor(Math.log10(span)))) : 6;
  const magnitude = Math.abs(value);
  return magnitude >= 1e9 || (magnitude < 1e-4 && magnitude > 0) ? value.toPrecision(6) : value.toFixed(digits);
}

export class Crosshair {
  constructor() {
    this.line = element("div", { class: "nbs-crosshair" });
    this.readout = element("div", { class: "nbs-readout" });
    this.el = element("div", { class: "nbs-cursor", hidden: true }, [this.line, this.readout]);
    this.x = null;
    this.shown = "";
  }

  /** Move to `x` CSS px from the left edge of the plot area; null hides it. */
  move(x) {
    this.x = x;
    this.el.hidden = x === null;
  }

  /**
   * Show what is at the cursor.
   * @param {import("./draw.js").Plane} plane
   * @param {{number: number, name: string, unit: string, color: string, line: import("./line.js").Line}[]} entries
   * @param {number} offset of the display zone, ms
   * @param {import("./marks.js").Marks} marks
   */
  update(plane, entries, offset, marks) {
    if (this.x === null) return;
    const width = plane.width / plane.ratio;
    const time = plane.from + ((plane.to - plane.from) * this.x) / width;
    const found = entries
      .map((entry) => ({ ...entry, at: entry.line.nearest(time) }))
      .filter(({ at, line }) => at >= 0 && line.times[at] >= plane.from && line.times[at] <= plane.to);
    this.el.hidden = found.length === 0;
    if (!found.length) return;
    const nearest = found.reduce((best, e) =>
      Math.abs(e.line.times[e.at] - time) < Math.abs(best.line.times[best.at] - time) ? e : best,
    );
    const when = nearest.line.times[nearest.at];
    const x = ((when - plane.from) / (plane.to - plane.from)) * width;
    this.line.style.transform = `translateX(${x.toFixed(1)}px)`;
    const isRight = x > width / 2;
    this.readout.style.transform = isRight
      ? `translate(calc(${x.toFixed(0)}px - 100% - 10px), 8px)`
      : `translate(${(x + 10).toFixed(0)}px, 8px)`;
    const span = plane.top - plane.bottom;
    const clock = wallClock(when, offset).slice(11, plane.to - plane.from < 120_000 ? 23 : 19);
    const rows = found.map(({ number, name, unit, color, line, at }) => [
      color,
      name,
      `${cursorNumber(line.values[at], span)}${unit ? ` ${unit}` : ""}`,
      marks.near(number, time, plane)?.reason ?? "",
    ]);
    const shown = `${clock} ${rows.join(" ")}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.readout.replaceChildren(
      element("div", { class: "nbs-readout-time", text: clock }),
      ...rows.flatMap(([color, name, value, reason]) => [
        element("div", { class: "nbs-readout-row" }, [
          element("i", { style: { background: color } }),
          element("span", { text: name }),
          element("b", { text: value }),
        ]),
        reason ? element("div", { class: "nbs-readout-reason", text: reason }) : "",
      ]),
    );
  }
}
