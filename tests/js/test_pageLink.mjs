import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { openPageLink } from "../../nbstream/static/shared/pageLink.js";
import { FakeModel, installDom } from "./fakeDom.mjs";

let model, link, look, frames, timers;

beforeEach(() => {
  timers = installDom();
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

test("a view that nobody has heard begins with a whole frame of a busy kernel", () => {
  model.frame({}, 2); // what came before it is missing
  assert.deepEqual(frames, []);
  model.whole(3);
  model.frame({}, 3);
  assert.deepEqual(frames, ["frame", "frame"]);
  assert.equal(link.state, "busy");
  assert.deepEqual(kinds(), ["hello true"]);
});

test("a kernel that was restarted is told once, and is not asked any more", () => {
  const states = [];
  const other = openPageLink({ model, el: document.createElement("div"), onFrame() {}, onState: (state) => states.push(state) });
  model.snapshot({});
  model.isDead = true;
  for (const [name, handler] of [...model.handlers]) if (name === "comm_live_update") handler();
  for (let i = 0; i < 100; i++) timers.tick();
  assert.deepEqual(states.slice(-1), ["restarted"]);
  assert.equal(states.filter((state) => state === "restarted").length, 1);
  other.close();
});
