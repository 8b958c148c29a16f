// Points of views that aren't the window, live.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { History } from "../../nbstream/static/chart/history.js";
import { Line } from "../../nbstream/static/chart/line.js";

let sent, history;

beforeEach(() => {
  sent = [];
  history = new History((message) => sent.push(message));
  history.begin([lineOf([0, 50, 100])]);
});

function lineOf(times) {
  const line = new Line();
  line.patch({ cut: -Infinity, ...pointsOf(times) });
  return line;
}

function pointsOf(times) {
  return { times: Float64Array.from(times), values: Float64Array.from(times, (time) => time / 10) };
}

/** The kernel answers what was asked for last. */
function answer(times, channel = 0) {
  return history.take({ request: sent.at(-1).request }, [{ channel, cut: -Infinity, ...pointsOf(times) }]);
}

const timesOf = (line) => [...line.times.subarray(line.start, line.end)];

test("the points that were shown stay until those of the view come", () => {
  history.want(40, 60, false, 1000);
  assert.deepEqual(sent, [{ kind: "history", from: 20, to: 80, span: 20, request: 3 }]);
  assert.deepEqual(timesOf(history.lines[0]), [0, 50, 100]);
  assert.equal(answer([20, 45, 46, 80]), "all");
  assert.deepEqual(timesOf(history.lines[0]), [20, 45, 46, 80]);
});

test("nothing is asked again for a span that is held, and only one request is under way", () => {
  history.want(40, 60, false, 1000);
  history.want(41, 61, false, 1001);
  assert.equal(sent.length, 1);
  answer([20, 80]);
  history.want(50, 70, false, 1002);
  assert.equal(sent.length, 1);
  history.want(65, 85, false, 1003); // panned out of what is held
  assert.equal(sent.length, 2);
  history.want(65, 85, false, 4000); // no answer came
  assert.equal(sent.length, 3);
});

test("another width asks for points of another width", () => {
  history.want(40, 60, false, 0);
  answer([20, 80]);
  history.want(48, 52, false, 1);
  assert.equal(sent.at(-1).span, 4);
});

test("an answer to something older is not taken", () => {
  history.want(40, 60, false, 0);
  const { request } = sent[0];
  history.begin([lineOf([7])]);
  assert.equal(history.take({ request }, [{ channel: 0, cut: -Infinity, ...pointsOf([20]) }]), null);
  assert.deepEqual(timesOf(history.lines[0]), [7]);
});

test("a view that follows at its own width gets what is new, and forgets what is far behind", () => {
  history.want(80, 100, true, 0);
  answer([60, 70, 80, 90, 100]);
  history.want(81, 101, true, 50);
  assert.equal(sent.length, 1); // not at every frame
  history.want(82, 102, true, 200);
  assert.deepEqual([sent[1].from, sent[1].to, sent[1].span], [99.6, 122, 20]);
  assert.deepEqual([...answer([100, 101, 102])], [[0, 90]]);
  assert.deepEqual(timesOf(history.lines[0]), [60, 70, 80, 90, 100, 101, 102]);
  history.want(180, 200, true, 400);
  answer([150, 199]);
  assert.ok(timesOf(history.lines[0])[0] >= 102);
});

test("a channel that comes later is taken in", () => {
  history.want(80, 100, true, 0);
  answer([60, 100]);
  history.want(82, 102, true, 200);
  assert.deepEqual([...answer([101], 2)], [[2, -Infinity]]);
  assert.equal(history.lines.length, 3);
});

test("what is shown is asked for anew when more is known of it", () => {
  history.want(40, 60, false, 1000);
  answer([20, 45, 46, 80]);
  history.want(40, 60, false, 1100);
  assert.equal(sent.length, 1);
  history.refresh();
  history.want(40, 60, false, 1200);
  assert.equal(sent.length, 2);
  assert.deepEqual(timesOf(history.lines[0]), [20, 45, 46, 80]);
});
