// The list of keys over a plot.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Help } from "../../nbstream/static/chart/help.js";
import { KEYS, KEYS_OF_FILES } from "../../nbstream/static/chart/keys.js";
import { installDom, press } from "./fakeDom.mjs";

let help;

beforeEach(() => {
  installDom();
  help = new Help();
  document.body.append(help.el);
});

test("it lists every key", () => {
  const texts = help.el.childNodes[1].childNodes[1].childNodes.map((row) => row.childNodes[1].textContent);
  assert.deepEqual(texts, KEYS.map(([, what]) => what));
});

test("Escape closes it, and the focus goes back to where it was", () => {
  const before = document.createElement("button");
  document.body.append(before);
  before.focus();
  help.open();
  assert.equal(help.el.hidden, false);
  assert.notEqual(document.activeElement, before);
  press(help.el, "Escape");
  assert.equal(help.el.hidden, true);
  assert.equal(document.activeElement, before);
});

test("of a file it lists no pause, and nothing that is live", () => {
  help.list(KEYS_OF_FILES);
  const texts = help.el.childNodes[1].childNodes[1].childNodes.map((row) => row.childNodes[1].textContent);
  assert.equal(texts.length, KEYS.length - 1);
  assert.ok(texts.includes("the end; again: the whole window, and y fits"));
  assert.ok(!texts.some((text) => /live|pause/.test(text)));
});
