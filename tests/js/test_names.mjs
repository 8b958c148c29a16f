// Names from data, as they are shown.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { apart, directions, element, setName, setText } from "../../nbstream/static/shared/dom.js";
import { installDom } from "./fakeDom.mjs";

beforeEach(() => installDom());

test("a long name can be cut in its middle only, between signs as people see them", () => {
  const node = element("span");
  for (const name of ["<b>bearing temperature</b> A", "👩‍🔬".repeat(20), "é".repeat(30)]) {
    setName(node, name);
    assert.equal(node.textContent, name);
    assert.equal(node.getAttribute("data-cut"), "");
    assert.equal(node.childNodes.length, 2);
    assert.equal([...new Intl.Segmenter().segment(node.one("nbs-name-end").textContent)].length, 8);
  }
});

test("a short name is plain text, also after a long one", () => {
  const node = element("span");
  setName(node, "a name that is long");
  setName(node, "short");
  assert.deepEqual([node.textContent, node.childNodes.length, node.getAttribute("data-cut")], ["short", 0, null]);
});

test("a name from the right stands apart from the numbers beside it", () => {
  const text = "טמפרטורה 26 > 25 °C; ضغط الماء 7";
  assert.deepEqual(directions(text), ["", "טמפרטורה", " 26 > 25 °C; ", "ضغط الماء", " 7"]);
  assert.equal(apart(text), "\u2068טמפרטורה\u2069 26 > 25 °C; \u2068ضغط الماء\u2069 7");
  const node = element("span");
  setText(node, text);
  assert.equal(node.textContent, text);
  assert.deepEqual(node.childNodes.filter(({ tagName }) => tagName === "BDI").map((bdi) => bdi.textContent), ["טמפרטורה", "ضغط الماء"]);
  for (const plain of ["−26.5 °C …", "טמפרטורה", ""]) {
    setText(node, plain);
    assert.deepEqual([node.textContent, node.childNodes.length], [plain, 0]);
    assert.equal(directions(plain).filter(Boolean).length < 2, true);
  }
});
