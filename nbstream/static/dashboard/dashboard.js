// A dashboard: its parts below one another, each fed by messages that carry its name.

import { renderFeed } from "../alerts/feed.js";
import { renderCards } from "../cards/cards.js";
import { renderChart } from "../chart/chart.js";
import { renderControls } from "../controls/controls.js";
import { renderRules } from "../controls/rules.js";
import { element } from "../shared/dom.js";

const PARTS = { controls: renderControls, chart: renderChart, cards: renderCards, rules: renderRules, feed: renderFeed };

/** @returns {() => void} the clean-up */
export function renderDashboard({ model, el, load }) {
  const places = Object.keys(PARTS).map((name) => element("div", { class: `nbs-part nbs-part-${name}` }));
  const row = titleRow();
  const box = element("div", { class: "nbs-dashboard" }, places);
  el.append(box);
  let remove = Object.entries(PARTS).map(([name, render], i) => render({ model: partOf(model, name), el: places[i], load, row }));
  const end = () => {
    for (const removePart of remove) removePart();
    remove = [];
  };
  const onOver = () => {
    if (!model.get("_over")) return;
    end();
    box.replaceChildren(element("p", { class: "nbs-over", text: model.get("_over") }));
  };
  model.on("change:_over", onOver);
  onOver();
  return () => {
    model.off("change:_over", onOver);
    end();
    box.remove();
  };
}

/**
 * Where the chart's own tools stand in the title row.
 * @typedef {{head: HTMLElement, tools: HTMLElement}} TitleRow
 * @returns {TitleRow}
 */
function titleRow() {
  return { head: element("span", { class: "nbs-bar-chart" }), tools: element("span", { class: "nbs-bar-chart" }) };
}

const parts = new WeakMap(); // by the dashboard's model: all views of a part have one model

/** @returns {PartModel} */
function partOf(model, name) {
  if (!parts.has(model)) parts.set(model, {});
  return (parts.get(model)[name] ??= new PartModel(model, name));
}

/** The dashboard's model as one of its parts sees it: only messages of that part come and go. */
export class PartModel {
  constructor(model, part) {
    this.model = model;
    this.part = part;
    /** What is on the model for what a part put on here: [event, callback, its stand-in]. */
    this.handlers = [];
  }

  on(event, callback) {
    const handler = event === "msg:custom" ? (message, ...more) => message?.part === this.part && callback(message, ...more) : callback;
    this.handlers.push([event, callback, handler]);
    this.model.on(event, handler);
  }

  off(event, callback) {
    const at = this.handlers.findIndex(([name, given]) => name === event && given === callback);
    if (at < 0) return;
    const [[, , handler]] = this.handlers.splice(at, 1);
    this.model.off(event, handler);
  }

  send(message) {
    this.model.send({ ...message, part: this.part });
  }

  get(name) {
    return this.model.get(name);
  }

  get model_id() {
    return this.model.model_id && `${this.model.model_id} ${this.part}`;
  }

  get widget_manager() {
    return this.model.widget_manager;
  }

  get comm_live() {
    return this.model.comm_live;
  }
}
