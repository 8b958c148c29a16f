// Ticks that suit the room beside a row, and texts that fit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axisTicks, shortenedTo, spacedTimeTicks } from "../../nbstream/static/chart/grid.js";

const context = { measureText: (text) => ({ width: 7 * [...text].length }) };
const fits = (text) => text.length <= 7;

test("a low row has three numbers where there is room", () => {
  assert.deepEqual(axisTicks([17.5, 22.5], false, 100, fits).texts, ["18", "20", "22"]);
  assert.ok(axisTicks([0, 1], false, 30, fits).values.length >= 2);
});

test("a high row has a number every few lines of text", () => {
  const { values } = axisTicks([0, 100], false, 400, fits);
  assert.ok(values.length >= 5 && values.length <= 11);
});

test("times are so far apart that their texts don't touch", () => {
  const view = { from: Date.UTC(2026, 10, 28), to: Date.UTC(2026, 10, 28) + 20, msPerPx: 20 / 800 };
  const { ticks } = spacedTimeTicks(view, { offset: 0 }, (text) => 7 * text.length);
  const px = (ticks[1].time - ticks[0].time) / view.msPerPx;
  assert.ok(px >= 7 * ticks[0].text.length + 20, `${px} px for ${ticks[0].text}`);
});

test("a long text loses its middle: two that differ at the end look different", () => {
  const name = (end) => `a very long name of a channel that says much ${end}`;
  const [a, b] = ["one", "two"].map((end) => shortenedTo(context, name(end), 140));
  assert.ok(a !== b && a.endsWith("one") && a.includes("…"));
  assert.ok(context.measureText(a).width <= 140);
  assert.equal(shortenedTo(context, "short", 140), "short");
});

test("a text of any length is shortened, and no sign is cut in two", () => {
  const text = `x${"\u{1F321}".repeat(10_000)}`;
  const short = shortenedTo(context, text, 70);
  assert.ok(short.length < 40);
  assert.ok(!/[\ud800-\udbff](?![\udc00-\udfff])/.test(short));
});
