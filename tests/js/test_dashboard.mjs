// A dashboard's parts, each with the messages that are for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PartModel } from "../../nbstream/static/dashboard/dashboard.js";
import { FakeModel } from "./fakeDom.mjs";

test("a part hears its own messages only, and signs those that it sends", () => {
  const model = new FakeModel();
  const chart = new PartModel(model, "chart");
  const heard = [];
  const take = (message) => heard.push(message.n);
  chart.on("msg:custom", take);
  model.say({ part: "chart", n: 1 });
  model.say({ part: "cards", n: 2 });
  model.say({ n: 3 });
  assert.deepEqual(heard, [1]);
  chart.send({ kind: "hello", client: "a" });
  assert.deepEqual(model.sent.at(-1), { kind: "hello", client: "a", part: "chart" });
  chart.off("msg:custom", take);
  model.say({ part: "chart", n: 4 });
  assert.deepEqual(heard, [1]);
  assert.deepEqual(model.handlers, []);
});

test("other events are those of the dashboard's model", () => {
  const model = new FakeModel();
  const feed = new PartModel(model, "feed");
  let n = 0;
  const take = () => (n += 1);
  feed.on("comm_live_update", take);
  for (const [name, handler] of [...model.handlers]) if (name === "comm_live_update") handler();
  feed.off("comm_live_update", take);
  feed.off("comm_live_update", take);
  assert.equal(n, 1);
  assert.deepEqual(model.handlers, []);
});
