// The field for the pause from which on a line breaks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { GapField, gapText, readGap } from "../../nbstream/static/chart/gapField.js";
import { installDom, press as pressOn } from "./fakeDom.mjs";

test("a gap is seconds, never, or left to the pauses", () => {
  assert.deepEqual(["5", " 0,5 s", "2.5s", "Never", "", "auto", "none"].map(readGap), [5, 0.5, 2.5, "never", null, null, null]);
  for (const text of ["0", "-1", "soon", "1e9x", "Infinity", "."]) assert.equal(readGap(text), undefined, text);
  assert.deepEqual([5, "never", null, undefined].map(gapText), ["5 s", "never", "auto", "auto"]);
});

test("Enter takes what can be read, and says what cannot; Escape drops it", () => {
  installDom();
  const chosen = [];
  const field = new GapField((gap) => chosen.push(gap));
  const back = { focused: 0, focus: () => (back.focused += 1) };
  const press = (key) => pressOn(field.input, key);
  field.open(2.5, back);
  assert.equal(field.input.value, "2.5");
  field.input.value = "soon";
  press("Enter");
  assert.equal(field.el.hidden, false);
  assert.equal(field.input.getAttribute("aria-invalid"), "true");
  assert.match(field.hint.textContent, /above 0/);
  field.input.value = "never";
  press("Enter");
  assert.equal(field.el.hidden, true);
  field.open(null, back);
  assert.equal(field.input.value, "");
  assert.equal(field.input.getAttribute("aria-invalid"), null);
  press("Escape");
  assert.deepEqual(chosen, ["never"]);
  assert.equal(back.focused, 2);
});
