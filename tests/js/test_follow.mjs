// Where the right edge of a view is that follows.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FollowClock } from "../../nbstream/static/chart/follow.js";

const START = 1_700_000_000_000;
const WIDTH = 60_000;
const FRAME = 16;
let clock;
let edges;

beforeEach(() => {
  clock = new FollowClock();
  clock.intervalMs = 100;
  edges = [];
});

/** Readings come every 100 ms from `from` to `to` (page ms), event time = START + rate × page time + shift; frames are painted. */
function run(from, to, { rate = 1, shift = 0, arrives = true } = {}) {
  let nextAt = from;
  for (let now = from; now < to; now += FRAME) {
    while (arrives && nextAt <= now) {
      const time = START + rate * nextAt + shift;
      clock.take(time, now, rate === 1 ? 50 : null);
      nextAt += 100;
    }
    edges.push([now, clock.edge(now, WIDTH)]);
  }
}

const steps = () => edges.slice(1).map(([, edge], i) => edge - edges[i][1]);
const last = () => edges.at(-1)[1] - START;

test("a page that looks in the middle of a silence sees it", () => {
  clock.take(START, 0, 3000);
  assert.ok(Math.abs(clock.edge(1000, WIDTH) - START - 4000) < 100);
});

test("a slow channel's edge runs on between its readings", () => {
  clock.intervalMs = 60_000;
  clock.take(START, 0, 200);
  edges.push([0, clock.edge(0, WIDTH)], [30_000, clock.edge(30_000, WIDTH)]);
  assert.ok(Math.abs(last() - 30_200) < 100, String(last()));
});

test("there is no edge before the first reading", () => {
  assert.equal(clock.edge(0, WIDTH), null);
});

test("the edge moves evenly with the clock between readings", () => {
  run(0, 5000);
  const late = steps().slice(60);
  assert.ok(late.every((step) => Math.abs(step - FRAME) < 3), String(late));
});

test("in silence the edge runs on with the clock while readings should come", () => {
  run(0, 5000);
  const before = last();
  run(5000, 13_000, { arrives: false });
  assert.ok(Math.abs(last() - before - 8000) < 40);
});

test("after silence nothing jumps: neither readings of now nor a backlog move the edge", () => {
  run(0, 5000);
  run(5000, 13_000, { arrives: false });
  edges = edges.slice(-1);
  run(13_000, 16_000);
  assert.ok(steps().every((step) => step >= 0 && step < 3 * FRAME), String(steps()));
});

test("the edge waits for a clock that stood still meanwhile, and never steps back", () => {
  run(0, 5000);
  run(5000, 13_000, { arrives: false });
  run(13_000, 26_000, { shift: -8000 });
  assert.ok(steps().every((step) => step >= 0));
  assert.ok(Math.abs(last() - (26_000 - 8000)) < 300, String(last()));
});

test("it glides back where waiting would leave the view empty for long", () => {
  run(0, 5000);
  run(5000, 65_000, { arrives: false });
  edges = edges.slice(-1);
  run(65_000, 69_000, { shift: -60_000 });
  assert.ok(Math.abs(last() - 9000) < 300, String(last()));
  assert.ok(Math.max(...steps().map(Math.abs)) < 0.1 * WIDTH, "it moves, it doesn't jump");
});

test("what has ended stands still at its newest reading, without a step", () => {
  run(0, 5000);
  clock.isDelivering = false;
  run(5000, 9000, { arrives: false });
  assert.ok(edges.at(-1)[1] >= clock.newest && edges.at(-1)[1] - clock.newest < 100);
  assert.ok(steps().every((step) => step >= 0 && step < 5 * FRAME));
  assert.equal(steps().at(-1), 0);
});

test("what ends in silence stands where it is", () => {
  run(0, 5000);
  run(5000, 10_000, { arrives: false });
  const before = last();
  clock.isDelivering = false;
  run(10_000, 12_000, { arrives: false });
  assert.equal(last(), before);
});

test("an old file stands still at its end", () => {
  clock.isDelivering = false;
  clock.take(START, 0, 9e6);
  clock.take(START + 3_600_000, 100, 5e6);
  clock.take(START + 7_200_000, 200, 2e6);
  for (let now = 300; now < 20_000; now += FRAME) edges.push([now, clock.edge(now, WIDTH)]);
  assert.equal(last(), 7_200_000);
});

test("the pace of a backlog that was read at once is no replay's, and doesn't run on", () => {
  for (const at of [0, 500, 1000, 1100]) clock.take(START + 600 * at ** 1.5, at);
  for (let now = 1200; now < 5000; now += FRAME) edges.push([now, clock.edge(now, WIDTH)]);
  assert.ok(edges.at(-1)[1] - clock.newest <= 1000);
});

test("a tenfold replay is followed at its own pace, in silence too", () => {
  run(0, 8000, { rate: 10 });
  assert.ok(Math.abs(clock.rate - 10) < 0.5);
  edges = edges.slice(-1);
  run(8000, 9000, { arrives: false });
  assert.ok(Math.abs(edges.at(-1)[1] - edges[0][1] - 10 * 1000) < 1000);
});

test("a page that was hidden shows what is now when it is seen again", () => {
  run(0, 3000);
  for (let at = 3000; at < 60_000; at += 1000) clock.take(START + at, at, 50);
  const edge = clock.edge(60_000, WIDTH);
  assert.ok(Math.abs(edge - START - 60_000) < 1200, String(edge - START));
});

test("a clock that was set back starts anew", () => {
  run(0, 3000);
  clock.take(START - 1e9, 3000);
  assert.equal(clock.edge(3000, WIDTH) <= START - 1e9 + 100, true);
});
