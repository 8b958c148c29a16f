import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { buffersOf, losesBuffers } from "../../nbstream/static/shared/buffers.js";

const LINES = [[0, 1, null]];
const bytes = Uint8Array.of(0, 127, 128, 255);
const listed = (parts) => parts.map(({ buffer, byteOffset, byteLength }) => [...new Uint8Array(buffer, byteOffset, byteLength)]);

beforeEach(() => delete globalThis.__nbstreamText);

test("buffers are taken as views of any kind, and as bare buffers", () => {
  for (const given of [bytes, new DataView(bytes.buffer), bytes.buffer]) {
    assert.deepEqual(listed(buffersOf({ kind: "frame", lines: LINES }, [given])), [[0, 127, 128, 255]]);
  }
  assert.equal(losesBuffers(), false);
});

test("text in a message stands for its buffers", () => {
  const base64 = ["AH+A/w==", ""];
  for (const none of [undefined, null, []]) {
    assert.deepEqual(listed(buffersOf({ kind: "frame", lines: LINES, base64 }, none)), [[0, 127, 128, 255], []]);
  }
  assert.equal(losesBuffers(), false);
});

for (const message of [{ kind: "snapshot", lines: LINES }, { kind: "history", lines: LINES }, { kind: "overview", n: 3 }, { kind: "piece" }]) {
  for (const none of [undefined, null, []]) {
    test(`a ${message.kind} whose buffers are ${JSON.stringify(none)} has lost them`, () => {
      assert.equal(buffersOf(message, none), null);
      assert.equal(losesBuffers(), true);
    });
  }
}

test("what needs no buffers has lost none", () => {
  for (const message of [{ kind: "frame" }, { kind: "frame", lines: [] }, { kind: "frame", state: { n: 3 } }, { kind: "overview", n: 0 }]) {
    assert.deepEqual(buffersOf(message, undefined), []);
  }
  assert.equal(losesBuffers(), false);
});
