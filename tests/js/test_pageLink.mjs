import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { openPageLink } from "../../nbstream/static/shared/pageLink.js";
import { FakeModel, installDom } from "./fakeDom.mjs";

let model, link, look, frames, timers;

beforeEach(() => {
  timers = installDom();
  delete globalThis.__nbstreamText;
  globalThis.IntersectionObserver = class {
    constructor(callback) {
      look = (...all) => callback(all.map((isIntersecting) => ({ isIntersecting })));
    }
    observe() {}
    disconnect() {}
  };
  model = new FakeModel();
  frames = [];
  link = openPageLink({ model, el: document.createElement("div"), onFrame: (message) => frames.push(message.kind) });
});

const kinds = () => model.sent.map(({ kind, visible }) => `${kind} ${visible}`);

test("a view that left and came back before the page looked is in view", () => {
  const before = model.sent.length;
  look(false, true);
  assert.equal(model.sent.length, before);
  look(true, false);
  assert.deepEqual(kinds().slice(before), ["visible false"]);
});

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

test("a snapshot that was lost is asked for again, though frames come; of a kernel that hears nobody it isn't", () => {
  let now = 1e6;
  const clocks = [mock.method(performance, "now", () => now), mock.method(Date, "now", () => now)];
  link.close();
  const told = model.sent.length;
  const other = openPageLink({ model, el: document.createElement("div"), onFrame() {} });
  const pass = (more) => {
    for (const until = now + 4000; now < until; timers.tick()) {
      now += 500;
      model.seq += 1;
      model.say({ kind: "frame", seq: model.seq, now, busy: 0, ...more });
    }
    return kinds().slice(told).filter((said) => said === "hello true").length;
  };
  assert.equal(pass({ deaf: true }), 1);
  assert.equal(pass({}), 3);
  model.snapshot({});
  assert.equal(pass({}), 3);
  other.close();
  for (const clock of clocks) clock.mock.restore();
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

test("a view tells its lag every two seconds, and soon when it grows or is over", () => {
  let now = 1e6;
  const clocks = [mock.method(performance, "now", () => now), mock.method(Date, "now", () => now)];
  const other = openPageLink({ model, el: document.createElement("div"), onFrame() {} });
  const pass = (seconds, lag) => {
    const told = model.sent.length;
    for (const until = now + 1000 * seconds; now < until; ) {
      now += 100;
      model.seq += 1;
      model.say({ kind: "frame", seq: model.seq, now: now - lag, busy: 0 });
    }
    return model.sent.slice(told).filter(({ kind, client }) => kind === "ack" && client === other.client).map((ack) => ack.lag);
  };
  model.snapshot({});
  assert.deepEqual(pass(2.1, 0), [0]);
  assert.deepEqual(pass(0.5, 800), [800]);
  assert.deepEqual(pass(0.5, 0), [0]);
  assert.deepEqual(pass(3, 0), [0]);
  other.close();
  for (const clock of clocks) clock.mock.restore();
});

const hellos = () => model.commands("hello").map(({ text = false }) => text);
const snapshotOf = (more) => ({ kind: "snapshot", protocol: 1, seq: model.seq, now: Date.now(), busy: 0, to: [link.client], ...more });

for (const none of [undefined, []]) {
  test(`a page whose buffers come as ${JSON.stringify(none)} asks for text, once, and goes on by that`, () => {
    const lost = snapshotOf({ lines: [[0, 1, null]] });
    model.say(lost, none);
    model.say(lost, none); // it was under way
    model.say({ ...lost, kind: "frame", seq: model.seq + 1 }, none);
    assert.deepEqual(hellos(), [false, true]);
    assert.deepEqual(frames, []);
    model.say({ ...lost, base64: ["AAAAAAAAAAA="] }, none);
    assert.deepEqual(frames, ["snapshot"]);
    openPageLink({ model, el: document.createElement("div"), onFrame() {} }).close();
    assert.deepEqual(hellos(), [false, true, true], "the next view of the page knows it");
  });
}

test("a frame that lost its buffers later is asked for again, as text", () => {
  model.snapshot({});
  model.seq += 1;
  model.say({ kind: "frame", seq: model.seq, now: Date.now(), busy: 0, lines: [[0, 1, 5]] }, undefined);
  assert.deepEqual(hellos(), [false, true]);
  assert.deepEqual(frames, ["snapshot"]);
});

for (const [protocol, state] of [[2, "oldPage"], [99, "oldPage"], [0, "oldKernel"], [undefined, "oldKernel"]]) {
  for (const kind of ["snapshot", "frame"]) {
    test(`a ${kind} of protocol ${protocol} is not read; the view says what to do, leaves, and asks nothing more`, () => {
      let now = 1e6;
      const clocks = [mock.method(performance, "now", () => now), mock.method(Date, "now", () => now)];
      model.say({ kind, protocol, seq: "?", now: "then", to: [link.client], whole: true, lines: "none", state: 5 }, undefined);
      assert.equal(link.state, state);
      model.say({ kind: "frame", seq: {}, whole: true }, undefined);
      model.snapshot({});
      for (let i = 0; i < 100; i++, now += 500) timers.tick();
      look(false);
      look(true);
      for (const [name, handler] of model.handlers) if (name === "comm_live_update") handler();
      assert.deepEqual(model.sent.map(({ kind: said }) => said), ["hello", "bye"]);
      assert.equal(link.state, state);
      assert.deepEqual(frames, []);
      for (const clock of clocks) clock.mock.restore();
    });
  }
}

test("a view to which nobody ever answers says so after ten seconds, and asks on", () => {
  let now = 1e6;
  const clocks = [mock.method(performance, "now", () => now), mock.method(Date, "now", () => now)];
  link.close();
  const other = openPageLink({ model, el: document.createElement("div"), onFrame() {} });
  const told = hellos().length;
  const pass = (seconds) => {
    for (const until = now + 1000 * seconds; now < until; ) {
      now += 500;
      timers.tick();
    }
  };
  pass(10);
  assert.equal(other.state, "connecting");
  pass(1);
  assert.equal(other.state, "disconnected");
  pass(10);
  assert.ok(hellos().length - told >= 5);
  model.snapshot({});
  assert.equal(other.state, "live");
  other.close();
  for (const clock of clocks) clock.mock.restore();
});
