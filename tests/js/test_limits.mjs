// Limits that are dragged on the plot.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Limits } from "../../nbstream/static/chart/limits.js";
import { fakeEvent, installDom, press } from "./fakeDom.mjs";

const AXIS = { bottom: 0, top: 100, isLog: false };
const LIMIT = { rule: "hot", limit: 0, row: 0, axis: 0, value: 90, text: "value > 90", severity: "warning" };

let asked, limits, plot;

beforeEach(() => {
  installDom();
  asked = [];
  plot = { frame: { left: 50, width: 500, rows: [{ top: 10, height: 200, axes: [AXIS] }] } };
  limits = new Limits(plot, (command, onAnswer) => asked.push({ command, onAnswer }));
  limits.show([LIMIT]);
  limits.follow(plot.frame);
});

const handle = () => limits.el.one("nbs-limit");
const y = () => Number(/translateY\((.*)px\)/.exec(handle().style.transform)[1]) + 4.5;
const point = (type, clientY) => handle().dispatchEvent(fakeEvent(type, { clientY, button: 0, pointerId: 1, stopPropagation() {} }));

test("a limit has a handle over its line, on each axis that it is on", () => {
  limits.show([LIMIT, { ...LIMIT, axis: 1 }]);
  assert.equal(limits.el.all("nbs-limit").length, 2);
  limits.show([LIMIT]);
  limits.follow(plot.frame);
  assert.equal(limits.el.all("nbs-limit").length, 1);
  assert.equal(y(), 30); // 10 % below the top of the row
  plot.frame.rows[0].axes = [{ bottom: 0, top: 180, isLog: false }];
  limits.follow(plot.frame);
  assert.equal(y(), 110);
  plot.frame.rows[0].axes = [{ bottom: 0, top: 50, isLog: false }];
  limits.follow(plot.frame);
  assert.equal(handle().hidden, true);
});

test("dragged it says what the rule would have done; let go it is moved", () => {
  point("pointerdown", 30);
  point("pointermove", 50);
  assert.equal(y(), 50);
  const [{ command, onAnswer }] = asked;
  assert.deepEqual(command, { kind: "try limit", rule: "hot", limit: 0, before: 90, value: 80 });
  onAnswer("", { n: 3, seconds: 12, readings: 600, span: 600, isCut: false });
  assert.equal(handle().one("nbs-limit-label").textContent, "80 · would have fired 3 times in the last 10 min, 12 s in all");
  point("pointerup", 50);
  assert.deepEqual(asked.at(-1).command, { kind: "move limit", rule: "hot", limit: 0, before: 90, value: 80 });
  assert.equal(handle().one("nbs-limit-label").hidden, true);
  assert.equal(y(), 50);
  asked.at(-1).onAnswer("This limit was changed or removed meanwhile.");
  assert.equal(y(), 30);
});

test("Escape leaves it, and a click moves nothing", () => {
  point("pointerdown", 30);
  point("pointermove", 70);
  press(handle(), "Escape");
  assert.equal(y(), 30);
  point("pointermove", 90);
  assert.equal(y(), 30);
  point("pointerdown", 30);
  point("pointerup", 30);
  assert.deepEqual(asked.map(({ command }) => command.kind), ["try limit"]);
});

test("keys move it by a hundredth of the axis, Enter keeps it", () => {
  const key = (name, more = {}) => handle().dispatchEvent(fakeEvent("keydown", { key: name, stopPropagation() {}, ...more }));
  key("ArrowDown");
  key("ArrowDown");
  key("ArrowUp", { shiftKey: true });
  key("Enter");
  assert.equal(asked.at(-1).command.kind, "move limit");
  assert.equal(asked.at(-1).command.value, 98);
});

test("on a logarithmic axis it moves by decades", () => {
  plot.frame.rows[0].axes = [{ bottom: 1, top: 10_000, isLog: true }];
  limits.show([{ ...LIMIT, value: 100 }]);
  limits.follow(plot.frame);
  assert.equal(y(), 110);
  point("pointerdown", 110);
  point("pointermove", 60);
  assert.equal(asked.at(-1).command.value, 1000);
});

test("it is tried a few times a second, not at every move", (context) => {
  context.mock.method(performance, "now", () => 5000);
  mock.timers.enable({ apis: ["setTimeout"] });
  point("pointerdown", 30);
  for (let i = 0; i < 50; i += 1) point("pointermove", 31 + i);
  assert.equal(asked.length, 1);
  mock.timers.tick(400);
  assert.equal(asked.length, 2);
  assert.equal(asked[1].command.value, 65);
  mock.timers.reset();
});
