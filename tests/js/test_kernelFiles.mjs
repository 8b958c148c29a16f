// Files that the kernel makes: asked for, fetched in pieces, unzipped.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { KernelFiles } from "../../nbstream/static/chart/kernelFiles.js";

function kernelOf(text, pieceBytes) {
  const data = gzipSync(text);
  const asked = [];
  const pieces = Math.ceil(data.length / pieceBytes);
  const files = new KernelFiles(
    (command, onAnswer) => {
      asked.push(command);
      onAnswer("", { file: 3, pieces });
    },
    ({ kind, file, number }) => {
      assert.equal(kind, "piece");
      const piece = data.subarray(number * pieceBytes, (number + 1) * pieceBytes);
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      queueMicrotask(() => {
        files.take({ file, number: number + 1 }, [view]); // of another time
        files.take({ file, number }, [view]);
      });
      return true;
    },
  );
  return { files, asked, pieces };
}

test("the pieces of a file are put together and unzipped", async () => {
  const text = "time,up\r\n1,2\r\n";
  const { files, asked, pieces } = kernelOf(text, 12);
  assert.ok(pieces > 1);
  const blob = await files.make("csv", [5, 8]);
  assert.equal(await blob.text(), text);
  assert.equal(blob.type, "text/csv");
  assert.deepEqual(asked, [{ kind: "file", format: "csv", from: 5, to: 8 }]);
});

test("without a span it is the window, whatever that is when the kernel makes it", async () => {
  const { files, asked } = kernelOf("<svg/>", 1000);
  assert.equal((await files.make("svg", null)).type, "image/svg+xml");
  assert.deepEqual(asked, [{ kind: "file", format: "svg", from: null, to: null }]);
});

test("what the kernel has against it is the error", async () => {
  const files = new KernelFiles((_, onAnswer) => onAnswer("30 readings are too many"), () => true);
  await assert.rejects(files.make("csv", null), /too many/);
});
