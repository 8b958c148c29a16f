import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { openPageLink } from "../../nbstream/static/pageLink.js";
import { FakeModel, installDom } from "./fakeDom.mjs";

let model, link, look, frames;

beforeEach(() => {
  installDom();
  globalThis.IntersectionObserver = class {
    constructor(callback) {
      look = (isIntersecting) => callback([{ isIntersecting }]);
    }
    observe() {}
    disconnect() {}
  };
  model = new FakeModel();
  frames = [];
  link = openPageLink({ model, el: document.createElement("div"), onFrame: (message) => frames.push(message.kind) });
});

const kinds = () => model.sent.map(({ kind, visible }) => `${kind} ${visible}`);

test("a view that is seen again says hello, for the kernel may have forgotten it", () => {
  model.snapshot({});
  look(false);
  look(true);
  assert.deepEqual(kinds(), ["hello true", "visible false", "hello true"]);
  model.frame({}); // it belongs to what was shown before
  assert.deepEqual(frames, ["snapshot"]);
  model.snapshot({});
  model.frame({});
  assert.deepEqual(frames, ["snapshot", "snapshot", "frame"]);
  assert.equal(link.state, "live");
});

test("a gap in the frames asks for everything again", () => {
  model.snapshot({});
  model.seq += 1;
  model.frame({});
  assert.deepEqual(kinds(), ["hello true", "hello true"]);
  assert.deepEqual(frames, ["snapshot"]);
});
