import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { renewKept } from "../../nbstream/static/shared/kept.js";

const output = (data) => ({ data, toJSON: () => ({ output_type: "display_data", metadata: { a: 1 }, data }) });

const html = (id, said) => ({ "text/html": `<figure data-kept="${id}">${said}</figure>` });

/** A notebook with outputs around a view's element, and another cell's. */
function notebook(...bundles) {
  const outputs = bundles.map(output);
  const set = (i, { data, ...rest }) => {
    assert.deepEqual(rest, { output_type: "display_data", metadata: { a: 1 } });
    outputs[i] = output(data);
  };
  const area = { length: outputs.length, get: (i) => outputs[i], set };
  const el = {};
  const around = { el: { contains: (other) => other === el }, luminoWidget: { parent: { parent: { model: area } } } };
  const elsewhere = { el: { contains: () => false }, luminoWidget: { parent: null } };
  const models = { a: Promise.resolve({ views: { 1: Promise.resolve(elsewhere), 2: Promise.resolve(around) } }), b: Promise.reject(new Error("gone")), c: Promise.resolve({}) };
  models.b.catch(() => {});
  const asked = [];
  const answer = (value) => asked.at(-1).onAnswer("", value);
  const requests = { ask: (command, onAnswer) => asked.push({ command, onAnswer }) };
  return { outputs, asked, answer, view: { model: { widget_manager: { _models: models } }, el, requests } };
}

async function renewed(view, message) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const done = renewKept(view, message);
  mock.timers.tick(2000);
  mock.timers.reset();
  await done;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("what the kernel could not renew is asked for, and only that", async () => {
  const { outputs, asked, answer, view } = notebook(html("x", "12:00"), html("y", "12:00"), { "text/plain": "x" });
  await renewed(view, { id: "x", said: "12:05" });
  assert.deepEqual(asked.map(({ command }) => command), [{ kind: "kept" }]);
  answer({ id: "x", data: html("x", "12:05") });
  await settle();
  assert.deepEqual(outputs.map(({ data }) => data), [html("x", "12:05"), html("y", "12:00"), { "text/plain": "x" }]);
});

test("what the kernel renewed is not asked for", async () => {
  const { asked, view } = notebook(html("x", "12:05"));
  await renewed(view, { id: "x", said: "12:05" });
  assert.deepEqual(asked, []);
});

test("what a kernel sends along is put into the document at once", async () => {
  const { outputs, asked, view } = notebook(html("x", "12:00"));
  await renewKept(view, { id: "x", said: "12:05", data: html("x", "12:05") });
  assert.deepEqual(outputs[0].data, html("x", "12:05"));
  assert.deepEqual(asked, []);
});

test("in another host nothing happens", async () => {
  const asked = [];
  const requests = { ask: (command) => asked.push(command) };
  for (const widget_manager of [undefined, {}, { _models: { a: Promise.resolve({ views: { 1: Promise.resolve({ el: null }) } }) } }]) {
    await renewed({ model: { widget_manager }, el: {}, requests }, { id: "x", said: "12:05" });
  }
  assert.deepEqual(asked, []);
});
