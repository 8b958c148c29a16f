// One row of a plot: its axes, and the lines that are drawn in it.

import { drawLine, reachOf } from "./draw.js";
import { TILE_PX, Tiles } from "./tiles.js";
import { NOTHING_ABOVE, visibleRange } from "./yAxis.js";

/**
 * @typedef {object} Shown a line of the row that is to be seen
 * @property {import("./line.js").Line} line
 * @property {import("./look.js").LineStyle & {hasMarkers: boolean}} style
 * @property {import("./places.js").FrameAxis} axis
 */

/** The columns of a row side by side, so that they can be put between two pixels without a seam. */
class Strip {
  constructor() {
    this.canvas = null;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{x: number, y: number, width: number, height: number}} place device px
   * @param {number} part of a column that lies left of the place
   * @param {(context: CanvasRenderingContext2D) => void} draw draws one column more than there is room for
   */
  paint(context, { x, y, width, height }, part, draw) {
    const strip = this.#made(width + 1, height);
    draw(strip);
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.drawImage(this.canvas, x - part, y);
    context.restore();
  }

  #made(width, height) {
    this.canvas ??= document.createElement("canvas");
    const { canvas } = this;
    const context = canvas.getContext("2d");
    if (canvas.width === width && canvas.height === height) context.clearRect(0, 0, width, height);
    else Object.assign(canvas, { width, height });
    return context;
  }
}

export class Row {
  constructor() {
    /** Left, and right if there is one. @type {import("./yAxis.js").YAxis[]} */
    this.axes = [];
    this.tiles = new Tiles();
    this.strip = new Strip();
    /** Points of some line at and after this time are others than when the row was drawn. */
    this.changedFrom = Infinity;
    /** Why nothing is seen in it, though there are readings. */
    this.why = "";
  }

  /** Points of a line at or after `cut` (epoch ms) are others now. */
  changed(line, cut) {
    const before = line.indexOf(cut) - 1; // the line from there to the first new point is new as well
    this.changedFrom = Math.min(this.changedFrom, before >= line.start ? line.times[before] : -Infinity, cut);
  }

  /**
   * Let the axes fit what is visible.
   * @param {(number: number) => import("./line.js").Line | null} visibleLine of a channel, null for one that is hidden
   * @param {import("./stdBands.js").StdBands} bands
   * @param {{axis: number, value: number}[]} limits
   * @param {[number, number]} view epoch ms
   * @param {number} now page time, ms
   * @returns {boolean} whether a range is another
   */
  fit(visibleLine, bands, limits, [from, to], now) {
    let hasChanged = false;
    let isBelow = false;
    let isSeen = false;
    this.axes.forEach((yAxis, axis) => {
      const before = String(yAxis.range);
      let visible = null;
      for (const channel of yAxis.settings.channels) {
        const line = visibleLine(channel);
        if (!line) continue;
        for (const range of [visibleRange(line, from, to, yAxis.isLog), bands.range(channel, from, to, yAxis.isLog)]) {
          if (range) visible = visible ? [Math.min(visible[0], range[0]), Math.max(visible[1], range[1])] : range;
        }
        isBelow ||= yAxis.isLog && line.range(from, to) !== null;
      }
      isSeen ||= visible !== null;
      yAxis.fit(visible, limits.filter((limit) => (limit.axis ?? 0) === axis).map(({ value }) => value), now);
      if (String(yAxis.range) !== before) hasChanged = true;
    });
    const why = isBelow && !isSeen ? NOTHING_ABOVE : "";
    if (why !== this.why) hasChanged = true;
    this.why = why;
    return hasChanged;
  }

  /** @returns {import("./places.js").FrameAxis[]} */
  frameAxes() {
    return this.axes.map(({ range, isLog, settings: { channels } }) => ({
      bottom: range?.[0] ?? 0,
      top: range?.[1] ?? 1,
      isLog: isLog && range !== null,
      isEmpty: range === null,
      channels,
    }));
  }

  /**
   * Draw the lines.
   * @param {CanvasRenderingContext2D} context
   * @param {Shown[]} shown the last one lies on top
   * @param {{x: number, y: number, width: number, height: number, ratio: number}} place device px
   * @param {{origin: number, msPerPx: number}} scale
   * @param {number} first column of the view
   * @param {any[]} keys all that the lines' look depends on, but for the points
   */
  draw(context, shown, place, scale, first, keys) {
    const { tiles, changedFrom } = this;
    this.changedFrom = Infinity;
    if (!shown.length) {
      tiles.close();
      return;
    }
    const { height, ratio } = place;
    const { origin, msPerPx } = scale;
    const size = Math.round(TILE_PX * ratio);
    tiles.keep(size, height, [scale, ...keys, ...this.frameAxes().flatMap(({ bottom, top, isLog }) => [bottom, top, isLog])]);
    if (changedFrom < Infinity) {
      const reach = Math.max(...shown.map(({ style }) => reachOf(style))) * ratio;
      tiles.forget(Math.floor((changedFrom - origin) / msPerPx - reach));
    }
    const drawTile = (tile, column, from) => {
      const plane = { origin: origin + column * msPerPx, msPerPx, left: from - column, right: size, height, ratio };
      for (const { line, style, axis } of shown) {
        drawLine(tile, line, { ...plane, bottom: axis.bottom, top: axis.top, isLog: axis.isLog }, style);
      }
    };
    const whole = Math.floor(first);
    const stop = whole + place.width;
    if (whole === first) tiles.paint(context, whole, stop, place.x, place.y, drawTile);
    else this.strip.paint(context, place, first - whole, (strip) => tiles.paint(strip, whole, stop + 1, 0, 0, drawTile));
  }

  close() {
    this.tiles.close();
  }
}
