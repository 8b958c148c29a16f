// What charts of the window share: title, facts in a line, tools, the plot, and the names of the channels.

import { pngOf, saveAs } from "../chart/download.js";
import { icon, swatch } from "../chart/icons.js";
import { dashPattern, styleOfLine } from "../chart/look.js";
import { pictureWith } from "../chart/snapshot.js";
import { button, element, setAttribute, setText } from "../shared/dom.js";
import { renewKept } from "../shared/kept.js";
import { Panel, showPanel } from "../shared/panel.js";
import { isDark, watchTheme } from "../shared/theme.js";
import { ValuePlot } from "./valuePlot.js";

/**
 * Show a chart of the window, and feed it.
 * @param {{model: any, el: HTMLElement}} view
 * @param {WindowPlotPanel} panel
 * @returns {() => void} the clean-up
 */
export function showWindowPlot({ model, el }, panel) {
  panel.begin(model.get("_begins") ?? {});
  const remove = showPanel({ model, el }, panel);
  const onMessage = (message) => message?.kind === "kept" && renewKept({ model, el, requests: panel.requests }, message);
  model.on("msg:custom", onMessage);
  const abort = new AbortController();
  watchTheme(() => panel.takeTheme(), abort.signal);
  panel.takeTheme();
  return () => {
    abort.abort();
    model.off("msg:custom", onMessage);
    panel.plot.close();
    remove();
  };
}

export class WindowPlotPanel extends Panel {
  /**
   * @param {string} name of the panel's class in the style sheets
   * @param {string} label what it is
   * @param {string} keys what the keys do
   * @param {((range: [number, number] | null) => void) | null} [onZoom] of the plot, as is
   * @param {(from: number, to: number) => string} [spanText]
   */
  constructor(name, label, keys, onZoom, spanText) {
    super(name, label);
    this.kind = label;
    this.plot = new ValuePlot(`${label}. ${keys}`, onZoom, spanText);
    this.title = element("span", { class: "nbs-chart-title", hidden: true });
    this.facts = element("span", { class: "nbs-plot-facts" });
    this.picture = button("", () => this.savePicture(), "nbs-tool", { "aria-label": "Save as PNG", title: "Save a picture (PNG)" });
    this.picture.append(icon("picture"));
    this.tools = element("div", { class: "nbs-tools", role: "toolbar", "aria-label": label }, [this.picture]);
    this.legend = element("div", { class: "nbs-plot-legend", hidden: true });
    const head = element("div", { class: "nbs-chart-head" }, [this.title, this.facts]);
    this.el.append(element("div", { class: "nbs-toolbar" }, [head, this.tools]), this.plot.el, this.legend);
    this.shownLegend = "";
    this.things = "channels";
  }

  /** Take the room that there will be before the first frame comes. */
  begin({ title = null, height = 280 }) {
    this.showTitle(title);
    this.plot.show([], height, "");
  }

  takeTheme() {
    this.plot.setTheme(isDark());
    if (this.state) this.show();
  }

  show() {
    const { title, height, rows, waiting, more } = this.state;
    this.showTitle(title);
    this.plot.show(waiting ? [] : rows.map((row, i) => this.rowOf(row, i)), height, waiting);
    const facts = [...this.factsOf(rows), more ? `${more} more ${this.things}: name those to show` : ""].filter(Boolean);
    setText(this.facts, waiting ? "" : facts.join(" · "));
    setAttribute(this.facts, "title", waiting ? null : [...facts, this.noteOf(rows)].filter(Boolean).join(" · "));
    this.showLegend(rows.length === 1 && rows[0].series.length === 1 ? [] : rows.flatMap(({ series }) => series));
  }

  /** @returns {import("./valuePlot.js").ValueRow} @param {any} row of the state @param {number} number */
  rowOf(row, number) {
    throw new Error(`${this.kind} has no row ${number} for ${row}`);
  }

  /** @returns {string[]} what is said of what is shown, in a line */
  factsOf() {
    return [];
  }

  /** @returns {string} what is said besides where the pointer rests on the facts */
  noteOf() {
    return "";
  }

  styleOf({ palette }) {
    return styleOfLine({ palette: palette % 8, dash: null }, palette, this.plot.isDark);
  }

  showTitle(title) {
    setText(this.title, title ?? "");
    this.title.hidden = !title;
    this.plot.describe(title);
    setAttribute(this.el, "aria-label", title ? `${this.kind}: ${title}` : this.kind);
  }

  showLegend(series) {
    const styles = series.map((one) => this.styleOf(one));
    const shown = JSON.stringify(series.map(({ name }, i) => [name, styles[i].color]));
    if (shown === this.shownLegend) return;
    this.shownLegend = shown;
    this.legend.hidden = !series.length;
    this.legend.replaceChildren(
      ...series.map(({ name }, i) => {
        const { color, dash } = styles[i];
        const sign = element("span", { class: "nbs-legend-sign" });
        sign.append(swatch(color, dashPattern(dash, 1)));
        return element("span", { class: "nbs-plot-legend-entry" }, [sign, element("span", { class: "nbs-legend-name", text: name })]);
      }),
    );
  }

  /** @returns {{name: string, style: import("../chart/look.js").LineStyle}[]} the legend of a picture */
  entriesOf(rows) {
    return rows.flatMap(({ series }) => series).map((one) => ({ name: one.name, style: this.styleOf(one) }));
  }

  async savePicture() {
    const { state, plot } = this;
    const scale = globalThis.devicePixelRatio || 1;
    const entries = this.entriesOf(state?.rows ?? []);
    const picture = pictureWith(plot.toCanvas(), { scale, title: state?.title ?? null, entries, look: plot.look });
    saveAs(await pngOf(picture), `${state?.title || this.kind}.png`);
  }
}

/** @returns {HTMLElement} a button with a word on it that is on or off */
export function toggle(text, title, onclick) {
  return button(text, onclick, "nbs-tool nbs-tool-word", { title, "aria-pressed": "false" });
}

export function setToggle(node, isOn) {
  setAttribute(node, "aria-pressed", String(isOn));
  setAttribute(node, "data-on", isOn ? "" : null);
}
