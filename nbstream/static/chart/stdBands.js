// Bands from mean − k·std to mean + k·std around the lines; the other end is nbstream/widgets/chart/std_bands.py.

import { yMap } from "./draw.js";

const BAND_OPACITY = 0.16;
/** Points that are kept of a channel. */
const MAX_BAND_POINTS = 1200;

/** Mean and standard deviation of one channel, of the window that ended at each time. */
class StdBand {
  constructor() {
    /** @type {{time: number, mean: number, std: number}[]} ascending; NaN where there is no band */
    this.points = [];
  }

  /** Take points in the place of those that are held from the first one's time on. */
  take(times, means, stds) {
    const { points } = this;
    while (points.length && points.at(-1).time >= times[0]) points.pop();
    times.forEach((time, i) => points.push({ time, mean: means[i] ?? NaN, std: stds[i] ?? NaN }));
    if (points.length > MAX_BAND_POINTS) points.splice(0, points.length - MAX_BAND_POINTS);
  }
}

export class StdBands {
  #run = null;
  /** By number of the channel. @type {Map<number, StdBand>} */
  #bands = new Map();

  constructor() {
    /** How many standard deviations the bands reach; null draws none. */
    this.k = null;
  }

  /** @param {[number, [number, number[], (number | null)[], (number | null)[]][]]} [news] the history's number, and per channel times, means, deviations */
  take(news) {
    if (!news) return;
    const [run, channels] = news;
    if (run !== this.#run) this.#bands.clear();
    this.#run = run;
    for (const [channel, times, means, stds] of channels) {
      if (!this.#bands.has(channel)) this.#bands.set(channel, new StdBand());
      if (times.length) this.#bands.get(channel).take(times, means, stds);
    }
  }

  /** @returns {{time: number, mean: number, std: number}[]} */
  pointsOf(channel) {
    return this.#bands.get(channel)?.points ?? [];
  }

  /** @returns {[number, number] | null} the lowest and highest end of a channel's band in a span; on a log axis those above 0 */
  range(channel, from, to, isLog) {
    if (this.k === null) return null;
    let [low, high] = [Infinity, -Infinity];
    for (const { time, mean, std } of this.pointsOf(channel)) {
      if (time < from || time > to) continue;
      for (const end of [mean - this.k * std, mean + this.k * std]) {
        if (!Number.isFinite(end) || (isLog && !(end > 0))) continue;
        low = Math.min(low, end);
        high = Math.max(high, end);
      }
    }
    return low <= high ? [low, high] : null;
  }

  /**
   * Draw the band of a channel.
   * @param {CanvasRenderingContext2D} context
   * @param {number} channel
   * @param {object} place of the row, device px
   * @param {number} place.left
   * @param {number} place.top
   * @param {number} place.width
   * @param {number} place.height
   * @param {(time: number) => number} x device px
   * @param {import("./places.js").FrameAxis} axis
   * @param {import("./look.js").LineStyle} style
   */
  draw(context, channel, { left, top, width, height }, x, axis, style) {
    const points = this.pointsOf(channel);
    if (this.k === null || !points.length) return;
    const y = yMap({ ...axis, height });
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.globalAlpha = style.opacity * BAND_OPACITY;
    context.fillStyle = style.color;
    context.beginPath();
    let lower = [];
    const end = () => {
      for (const [px, py] of lower.reverse()) context.lineTo(px, py);
      if (lower.length) context.closePath();
      lower = [];
    };
    for (const { time, mean, std } of points) {
      const px = x(time);
      const high = y(mean + this.k * std);
      const low = y(mean - this.k * std);
      if (!(std >= 0) || high !== high) {
        end();
        continue;
      }
      if (lower.length) context.lineTo(px, top + high);
      else context.moveTo(px, top + high);
      lower.push([px, top + (low === low ? low : height)]); // on a log axis it may reach down to 0 and below
    }
    end();
    context.fill();
    context.restore();
  }
}
