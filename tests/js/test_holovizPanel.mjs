import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const TEXT = readFileSync(new URL("../../nbstream/static/holovizPanel.js", import.meta.url), "utf-8");
const LOADER = `export default () => ({
  initialize: ({ model }) => globalThis.began.push(model),
  render: ({ model, el, signal }) => {
    el.shown = model;
    return () => globalThis.ended.push([model, signal.aborted]);
  },
});`;

globalThis.Blob = class {
  constructor([text]) {
    this.text = text;
  }
};
URL.createObjectURL = ({ text }) => `data:text/javascript,${encodeURIComponent(text)}`;
URL.revokeObjectURL = () => {};

const { render } = await import(`data:text/javascript,${encodeURIComponent(TEXT)}`);

/** What Panel gives a component's view of its model. */
function makeComponent(traits = { _over: "" }) {
  const handlers = new Map();
  return {
    loader: LOADER,
    traits,
    is_over: false,
    sent: [],
    on: (event, handler) => handlers.set(event, [...(handlers.get(event) ?? []), handler]),
    off: (event, handler) => handlers.set(event, handlers.get(event).filter((one) => one !== handler)),
    send_msg(text) {
      this.sent.push(JSON.parse(text));
    },
    say: (event, said) => (handlers.get(event) ?? []).forEach((handler) => handler(said)),
    count: (event) => (handlers.get(event) ?? []).length,
  };
}

async function show(component = makeComponent(), view = {}) {
  globalThis.began = [];
  globalThis.ended = [];
  const el = { replaceChildren: () => (el.isEmpty = true) };
  await render({ view, model: component, el });
  return { component, view, el, model: el.shown };
}

test("the loader gets a model: traits, messages with their buffers, and what it says goes out as JSON", async () => {
  const { component, model } = await show(makeComponent({ _over: "", _begins: { height: 7 } }));
  assert.deepEqual(globalThis.began, [model]);
  assert.deepEqual(model.get("_begins"), { height: 7 });
  assert.equal(model.get("layout"), undefined);
  const heard = [];
  const hear = (content, buffers) => heard.push([content, buffers]);
  model.on("msg:custom", hear);
  const bytes = new Float64Array([1.5]);
  component.say("msg:custom", { content: '{"kind":"frame"}', buffers: [bytes.buffer] });
  assert.deepEqual(heard[0][0], { kind: "frame" });
  assert.equal(heard[0][1][0].getFloat64(0, true), 1.5);
  model.off("msg:custom", hear);
  component.say("msg:custom", { content: "{}", buffers: [] });
  assert.equal(heard.length, 1);
  model.send({ kind: "hello", width: 3 });
  assert.deepEqual(component.sent, [{ kind: "hello", width: 3 }]);
});

test("a change of the traits is told", async () => {
  const { component, model } = await show();
  let n = 0;
  model.on("change:_over", () => (n += 1));
  component.traits = { _over: "replaced" };
  component.say("traits");
  assert.equal(n, 1);
  assert.equal(model.get("_over"), "replaced");
});

for (const event of ["remove", "is_over"]) {
  test(`what was shown is cleaned up once, and hears nothing more: ${event}`, async () => {
    const { component, model, el } = await show();
    component.say(event);
    component.say(event);
    assert.deepEqual(globalThis.ended, [[model, true]]);
    assert.ok(el.isEmpty);
    assert.equal(component.count("msg:custom"), 0);
    model.send({ kind: "bye" });
    assert.deepEqual(component.sent, [], "nobody is there to hear it");
  });
}

test("what is rendered anew takes the place of what was there", async () => {
  const { component, view, model } = await show();
  const el = {};
  el.replaceChildren = () => {};
  await render({ view, model: component, el });
  assert.deepEqual(globalThis.ended, [[model, true]]);
  assert.notEqual(el.shown, model);
  assert.equal(component.count("msg:custom"), 1);
});

test("a widget that was closed before is not shown", async () => {
  const component = makeComponent();
  component.is_over = true;
  const { el } = await show(component);
  assert.equal(el.shown, undefined);
  assert.ok(el.isEmpty);
});

test("a view that is gone before its loader is there shows nothing", async () => {
  globalThis.began = [];
  globalThis.ended = [];
  const component = makeComponent();
  const el = { replaceChildren: () => {} };
  const rendering = render({ view: {}, model: component, el });
  component.say("remove");
  await rendering;
  assert.equal(el.shown, undefined);
  assert.deepEqual(globalThis.began, []);
});
