// A stand-in for the plot: geometry without a canvas, 600 px from 50 on, two rows of 100 px from 20 and 140 on.

import { element } from "../../nbstream/static/shared/dom.js";

export class FakePlot {
  constructor() {
    this.el = element("div", { class: "nbs-plot" });
    this.el.contains = (node) => node === this.el;
    this.el.clientWidth = 700;
    this.el.clientHeight = 300;
    this.layers = { under: [], over: [] };
    this.hasNews = false;
    /** What was set: [row, axis, range]. */
    this.ys = [];
    this.hasFixedY = false;
    this.unseen = new Set();
    this.show(0, 60_000);
  }

  show(from, to) {
    const rows = [
      { top: 20, height: 100, axes: [{ bottom: 0, top: 10, isLog: false, channels: [0] }, { bottom: 1, top: 1000, isLog: true, channels: [1] }] },
      { top: 140, height: 100, axes: [{ bottom: 0, top: 10, isLog: false, channels: [2] }] },
    ];
    this.frame = { from, to, left: 50, width: 600, top: 20, height: 220, ratio: 1, rows };
  }

  timeAt(x) {
    const { from, to, left, width } = this.frame;
    return from + ((x - left) / width) * (to - from);
  }

  xOf(time) {
    const { from, to, left, width } = this.frame;
    return left + ((time - from) / (to - from)) * width;
  }

  yOf(channel, value) {
    const row = this.frame.rows.find(({ axes }) => axes.some(({ channels }) => channels.includes(channel)));
    return row ? row.top + row.height - value * 10 : 200;
  }

  areaAt(x, y) {
    const row = this.frame.rows.findIndex(({ top, height }) => y >= top && y <= top + height);
    const isAcross = x >= 50 && x <= 650;
    if (y > 240) return { area: isAcross ? "x" : null, row: null, axis: null };
    if (row < 0) return { area: null, row: null, axis: null };
    return isAcross ? { area: "plot", row, axis: 0 } : { area: "y", row, axis: x < 50 ? 0 : 1 };
  }

  isVisible(channel) {
    return !this.unseen.has(channel);
  }

  styleOf(channel) {
    return { color: `color ${channel}`, dash: "solid" };
  }

  setY(...given) {
    this.ys.push(given);
    this.hasFixedY = given[2] !== null;
  }
}
