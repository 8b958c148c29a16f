import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";

import { showFigure } from "../../nbstream/static/chart/figure.js";
import { installDom } from "./fakeDom.mjs";

const TEXT = readFileSync(new URL("../../nbstream/static/loader.js", import.meta.url), "utf-8");
const SCRIPTS = { app: { file: "app.js", bytes: 1, pieces: 1 }, plotly: { file: "plotly.js", bytes: 1, pieces: 1 } };

class Model {
  constructor() {
    this.values = { _widget_data: [], _widget_layout: {} };
    this.listeners = [];
    this.sent = [];
  }
  on(name, callback) {
    this.listeners.push([name, callback]);
  }
  off() {}
  get(name) {
    return this.values[name];
  }
  send(message) {
    this.sent.push(message.kind);
    this.request = message.request;
  }
  /** Take a trait of the kernel in. */
  set(name, value) {
    this.values[name] = value;
    for (const [event, callback] of [...this.listeners]) if (event === `change:${name}`) callback();
  }
  /** A change of the figure, as FigureWidget sends it: a value, then nothing. */
  change(name, value) {
    this.set(`_py2js_${name}`, value);
    this.set(`_py2js_${name}`, null);
  }
}

/** Stands in for plotly's widget bundle: its figure model applies added traces and titles. */
const plotly = {
  default: () => {
    let model;
    const state = { data: [], title: null };
    return {
      state,
      initialize: (given) => {
        model = given.model;
        state.data = [...model.get("_widget_data")];
        state.title = model.get("_widget_layout").title ?? null;
        model.on("change:_py2js_addTraces", () => {
          const change = model.get("_py2js_addTraces");
          if (change !== null) state.data.push(...change);
        });
        model.on("change:_py2js_relayout", () => {
          const change = model.get("_py2js_relayout");
          if (change !== null) state.title = change.title;
        });
      },
      render: ({ el }) => {
        queueMicrotask(() => document.dispatchEvent({ type: "plotlywidget-after-render", detail: { element: el } }));
        return () => {};
      },
    };
  },
};

let model, shared;

beforeEach(async () => {
  installDom();
  globalThis.__nbstreamScripts = new Map();
  model = new Model();
  const source = TEXT.replace("__VIEW__", "chart").replace("__IS_SERVED__", "false").replace("__SCRIPTS__", JSON.stringify(SCRIPTS));
  const app = "export const views = { chart: (given) => { globalThis.shown = given; } };";
  const { default: make } = await import(`data:text/javascript,${encodeURIComponent(`${source}// ${Math.random()}`)}`);
  const factory = make();
  factory.initialize({ model });
  // The loader hands its views what it kept; both scripts are there at once here.
  for (const [file, text] of [["app.js", app], ["plotly.js", "export default 1;"]]) {
    globalThis.__nbstreamScripts.set(file, { isStarted: true, show: () => import(`data:text/javascript,${encodeURIComponent(text)}`) });
  }
  await factory.render({ model, el: document.createElement("div") });
  shared = globalThis.shown.shared;
});

const show = async () => {
  await showFigure({ plotly, shared, el: document.createElement("div") });
  return shared.factory.state;
};

test("changes that came before plotly are applied, in their order, and no kernel is asked", async () => {
  model.change("addTraces", ["a"]);
  model.change("relayout", { title: "first" });
  model.change("addTraces", ["b"]);
  model.change("relayout", { title: "second" });
  assert.deepEqual(await show(), { data: ["a", "b"], title: "second" });
  model.change("addTraces", ["c"]);
  assert.deepEqual(shared.factory.state.data, ["a", "b", "c"]);
  assert.deepEqual(model.sent, []);
  assert.equal(shared.changes.length, 0);
});

test("a figure that came whole has the changes before it in it", async () => {
  model.change("addTraces", ["a"]);
  model.set("_widget_layout", { title: "whole" });
  model.set("_widget_data", ["a"]);
  model.change("addTraces", ["b"]);
  assert.deepEqual(await show(), { data: ["a", "b"], title: "whole" });
});

test("of a storm of changes the kernel is asked what became of it", async () => {
  for (let i = 0; i < 2000; i++) model.change("addTraces", [i]);
  assert.equal(shared.changes.length, 500);
  const shown = show();
  assert.deepEqual(model.sent, ["figure"]);
  model.set("_widget_data", ["all"]);
  for (const [event, callback] of [...model.listeners]) if (event === "msg:custom") callback({ kind: "reply", request: model.request });
  assert.deepEqual((await shown).data, ["all"]);
});
