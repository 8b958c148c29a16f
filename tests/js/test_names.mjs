// Names from data, as they are shown.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { element, setName } from "../../nbstream/static/shared/dom.js";
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
