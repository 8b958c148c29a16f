// What a figure has beside its live lines (traces of the user's own, annotations, pictures) is drawn by plotly, on a
// layer over the plot area whose axes are hidden and follow ours. plotly is loaded when there is such a thing.

import { element } from "../shared/dom.js";
import { wallClock } from "./ticks.js";

const WIDER = 1; // the layer reaches so many widths of the plot beyond it on either side, so that it can be moved

export class Guests {
  /**
   * @param {(say: (text: string) => void) => Promise<any>} loadPlotly
   * @param {(error: Error) => void} fail
   */
  constructor(loadPlotly, fail) {
    this.loadPlotly = loadPlotly;
    this.fail = fail;
    this.el = element("div", { class: "nbs-guests", hidden: true });
    this.layer = element("div", { class: "nbs-guests-layer" });
    this.el.append(this.layer);
    this.figure = null;
    this.drawn = null;
    this.isClosed = false;
  }

  /**
   * @param {{data: object[], layout: any} | null} figure what plotly draws, null for nothing
   * @param {number} offset of the display zone, ms
   */
  async show(figure, offset) {
    this.figure = figure;
    this.offset = offset;
    this.drawn = null;
    this.el.hidden = !figure;
    if (!figure || this.isLoading) return;
    this.isLoading = true;
    try {
      await this.loadPlotly(() => {});
      this.isReady = true;
    } catch (error) {
      this.fail(error);
    } finally {
      this.isLoading = false;
    }
  }

  /**
   * Be where the plot is, and show its span.
   * @param {any} frame geometry of the plot's last paint
   */
  follow(frame) {
    if (!this.figure || !this.isReady || this.isClosed) return;
    const axes = frame.rows.flatMap(({ axes: all }) => all);
    const shape = JSON.stringify([frame.left, frame.top, frame.width, frame.height, axes, frame.to - frame.from]);
    const span = frame.to - frame.from;
    const isFar = !this.drawn || Math.abs(frame.from - this.drawn.from) > (WIDER - 0.1) * span;
    if (isFar || shape !== this.drawn.shape) this.draw(frame, axes, shape);
    const px = ((this.drawn.from - frame.from) / span) * frame.width - WIDER * frame.width;
    this.layer.style.transform = `translateX(${px.toFixed(2)}px)`;
  }

  draw(frame, axes, shape) {
    const { from, to, left, top, width, height } = frame;
    const margin = WIDER * (to - from);
    Object.assign(this.el.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    const wide = (1 + 2 * WIDER) * width;
    Object.assign(this.layer.style, { width: `${wide}px`, height: `${height}px` });
    const layout = {
      ...this.figure.layout,
      width: wide,
      height,
      autosize: false,
      margin: { l: 0, r: 0, t: 0, b: 0, pad: 0, autoexpand: false },
      showlegend: false,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: {
        ...this.figure.layout.xaxis,
        ...HIDDEN,
        type: "date",
        range: [wallClock(from - margin, this.offset), wallClock(to + margin, this.offset)],
      },
    };
    let number = 0;
    for (const row of frame.rows) {
      const domain = [1 - (row.top + row.height - top) / height, 1 - (row.top - top) / height].map(unit);
      row.axes.forEach((axis, side) => {
        const name = number === 0 ? "yaxis" : `yaxis${number + 1}`;
        const range = [axis.bottom, axis.top].map((end) => (axis.isLog ? Math.log10(end) : end));
        const more = side > 0 ? { overlaying: number === 1 ? "y" : `y${number}` } : { domain };
        layout[name] = { ...this.figure.layout[name], ...HIDDEN, range, type: axis.isLog ? "log" : "linear", ...more };
        number += 1;
      });
    }
    this.drawn = { shape, from };
    // A copy: plotly changes what it is given.
    const data = structuredClone(this.figure.data);
    // Without WebGL plotly would put a note over the whole plot.
    for (const trace of data) if (trace.type === "scattergl" && !hasWebGl()) trace.type = "scatter";
    globalThis.Plotly.react(this.layer, data, layout, { staticPlot: true, displayModeBar: false }).catch(this.fail);
  }

  close() {
    this.isClosed = true;
    if (this.isReady) globalThis.Plotly.purge(this.layer);
    this.el.remove();
  }
}

let isWebGlHere = null;

/** @returns {boolean} asked once: a page has few contexts */
function hasWebGl() {
  isWebGlHere ??= Boolean(document.createElement("canvas").getContext("webgl"));
  return isWebGlHere;
}

const HIDDEN = { visible: false, autorange: false, fixedrange: true };

const unit = (share) => Math.min(1, Math.max(0, share));
