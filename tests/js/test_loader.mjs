import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, mock, test } from "node:test";
import { gzipSync } from "node:zlib";

import { installDom } from "./fakeDom.mjs";

const APP = "export const views = { cards: ({ el }) => { el.shown = true; } };";
const NodeBlob = globalThis.Blob;
const TEXT = readFileSync(new URL("../../nbstream/static/loader.js", import.meta.url), "utf-8");

let models, fetched, answers;

/** A model whose custom messages a test sends by hand. */
class Model {
  constructor() {
    this.sent = [];
    this.listeners = new Map();
    this.values = {};
    this.isDead = false;
    models.push(this);
  }
  on(name, callback) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), callback]);
  }
  off() {}
  get(name) {
    return this.values[name];
  }
  set(name, value) {
    this.values[name] = value;
    for (const callback of this.listeners.get(`change:${name}`) ?? []) callback();
  }
  send(message) {
    if (this.isDead) throw new Error("Cannot send");
    this.sent.push(message);
  }
  take(message, ...buffers) {
    for (const callback of this.listeners.get("msg:custom") ?? []) callback(message, buffers);
  }
}

const bytes = (text) => (typeof text === "string" ? new TextEncoder().encode(text) : new Uint8Array(text));
const view = (text) => new DataView(bytes(text).buffer);
const settle = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Import the loader as the kernel gives it to a widget. */
async function load({ isServed = false, scripts, text = APP } = {}) {
  scripts ??= { app: { file: `app-${Math.random()}.js`, bytes: text.length, pieces: 2 } };
  const source = TEXT.replace("__VIEW__", "cards")
    .replace("__IS_SERVED__", JSON.stringify(isServed))
    .replace("__SCRIPTS__", JSON.stringify(scripts));
  const module = await import(`data:text/javascript,${encodeURIComponent(`${source}// ${Math.random()}`)}`);
  return { factory: module.default(), file: scripts.app.file };
}

function show(factory) {
  const model = new Model();
  factory.initialize({ model });
  const el = document.createElement("div");
  const done = factory.render({ model, el, signal: new AbortController().signal });
  return { model, el, done, note: () => el.textContent };
}

beforeEach(() => {
  installDom();
  models = [];
  fetched = [];
  answers = [];
  document.getElementById = () => ({ textContent: JSON.stringify({ fullLabextensionsUrl: "/lab/extensions" }) });
  delete globalThis.__nbstreamStores;
  delete globalThis.__nbstreamText;
  globalThis.fetch = async (url, { headers }) => {
    fetched.push([url, headers.Range]);
    return answers.shift()();
  };
  // Node imports no blobs: what would be one becomes a data address.
  globalThis.Blob = class extends NodeBlob {
    constructor(parts, options) {
      super(parts, options);
      this.held = Buffer.concat(parts.map((part) => part.held ?? Buffer.from(part.buffer ?? part)));
    }
  };
  URL.createObjectURL = (blob) => `data:text/javascript,${encodeURIComponent(`${blob.held}// ${Math.random()}`)}`;
  URL.revokeObjectURL = () => {};
});

/** An answer of a server: chunks of text or bytes, the last of which may be an error. */
function answer(chunks, { ok = true, status = 200, length = null } = {}) {
  const left = [...chunks];
  const read = async () => {
    const chunk = left.shift();
    if (chunk instanceof Error) throw chunk;
    return chunk === undefined ? { done: true } : { done: false, value: bytes(chunk) };
  };
  return { ok, status, headers: new Headers(length ? { "Content-Length": length } : {}), body: { getReader: () => ({ read }) } };
}

test("a page that was made of a saved notebook says that it is not live, and asks nobody", async () => {
  document.getElementById = () => null;
  document.querySelector = (selector) => (selector.includes("widget-state+json") ? {} : null);
  const { factory } = await load();
  const { model, done, note } = show(factory);
  await done;
  assert.match(note(), /not live, for this page has no kernel/);
  assert.deepEqual([model.sent, fetched], [[], []]);
});

test("voila's page of a notebook that keeps the state of its widgets has a kernel", async () => {
  document.querySelector = () => ({});
  const { factory } = await load();
  const { model } = show(factory);
  await settle();
  assert.equal(model.sent[0].kind, "need");
});

test("the server's file is taken and unpacked, and the kernel is asked nothing", async () => {
  const { factory, file } = await load({ isServed: true });
  const packed = gzipSync(APP);
  answers.push(() => answer([packed.subarray(0, 10), packed.subarray(10)], { length: packed.length }));
  const { model, el, done } = show(factory);
  await done;
  assert.equal(el.shown, true);
  assert.deepEqual(fetched, [[`/lab/extensions/nbstream/static/${file}.gz?v=${file}`, undefined]]);
  assert.deepEqual(model.sent, []);
});

test("a file that the server unpacks on the way is taken as it is", async () => {
  const { factory } = await load({ isServed: true });
  answers.push(() => answer([APP], { length: 30 }));
  const { model, el, done } = show(factory);
  await done;
  assert.equal(el.shown, true);
  assert.deepEqual(model.sent, []);
});

test("what came before a break of the network is kept", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { factory } = await load({ isServed: true });
  const packed = gzipSync(APP);
  answers.push(() => answer([packed.subarray(0, 10), new Error("cut")], { length: packed.length }));
  answers.push(() => answer([packed.subarray(10)], { status: 206, length: packed.length - 10 }));
  const { el, done } = show(factory);
  await settle();
  mock.timers.tick(2000);
  await done;
  mock.timers.reset();
  assert.equal(el.shown, true);
  assert.deepEqual(fetched.map(([, range]) => range), [undefined, "bytes=10-"]);
});

test("pieces are unpacked, each by itself", async () => {
  const { factory, file } = await load();
  const { model, el, note, done } = show(factory);
  await settle();
  model.take({ kind: "asset", file, piece: 1 }, view(gzipSync(APP.slice(10))));
  assert.match(note(), /loading app… 50 %/);
  model.take({ kind: "asset", file, piece: 0 }, view(gzipSync(APP.slice(0, 10))));
  await done;
  assert.equal(el.shown, true);
});

test("a browser that cannot unpack asks for plain pieces, and takes no others", async () => {
  const { DecompressionStream } = globalThis;
  globalThis.DecompressionStream = undefined;
  try {
    const { factory, file } = await load({ isServed: true });
    const { model, el, done } = show(factory);
    await settle();
    assert.deepEqual(fetched, []);
    assert.deepEqual(model.sent, [{ kind: "need", name: "app", file, pieces: [0, 1], unpacks: false }]);
    model.take({ kind: "asset", file, piece: 0 }, view(gzipSync(APP.slice(0, 10)))); // pushed to all pages
    await settle();
    model.take({ kind: "asset", file, piece: 0 }, view(APP.slice(0, 10)));
    model.take({ kind: "asset", file, piece: 1 }, view(APP.slice(10)));
    await done;
    assert.equal(el.shown, true);
  } finally {
    globalThis.DecompressionStream = DecompressionStream;
  }
});

for (const [what, reply] of [
  ["has no such file", () => answer(["<html>"], { ok: false, status: 404 })],
  ["gives something else", () => answer(["<html>log in</html>"])],
]) {
  test(`a server that ${what} leaves the kernel to ask`, async () => {
    const { factory, file } = await load({ isServed: true });
    answers.push(reply);
    const { model, el, done } = show(factory);
    await settle();
    assert.deepEqual(model.sent, [{ kind: "need", name: "app", file, pieces: [0, 1], unpacks: true }]);
    model.take({ kind: "asset", file, piece: 1 }, view(APP.slice(10)));
    model.take({ kind: "asset", file, piece: 0 }, view(APP.slice(0, 10)));
    await done;
    assert.equal(el.shown, true);
  });
}

test("five widgets ask once, and again only after silence, for what is missing", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const clock = mock.method(performance, "now", () => now);
  let now = 0;
  const scripts = { app: { file: "app-five.js", bytes: APP.length, pieces: 2 } };
  const shown = [];
  for (let i = 0; i < 5; i++) shown.push(show((await load({ scripts })).factory));
  await settle();
  const asked = () => models.flatMap((model) => model.sent).map(({ pieces }) => pieces);
  const pass = (seconds) => {
    for (let i = 0; i < seconds; i++) {
      now += 1000;
      mock.timers.tick(1000);
    }
  };
  assert.deepEqual(asked(), [[0, 1]]);
  pass(9);
  shown[3].model.take({ kind: "asset", file: "app-five.js", piece: 0 }, view(APP.slice(0, 10)));
  pass(9);
  assert.deepEqual(asked(), [[0, 1]]);
  assert.match(shown[0].note(), /loading app… 50 %/);
  pass(1);
  assert.deepEqual(asked(), [[0, 1], [1]]);
  pass(19); // twice as long now, for nothing came
  assert.equal(asked().length, 2);
  pass(1);
  assert.equal(asked().length, 3);
  pass(3600);
  assert.ok(asked().length < 65, `${asked().length} requests in an hour`);
  shown[0].model.take({ kind: "asset", file: "app-five.js", piece: 1 }, view(APP.slice(10)));
  await Promise.all(shown.map(({ done }) => done));
  assert.ok(shown.every(({ el }) => el.shown));
  const before = asked().length;
  pass(100);
  assert.equal(asked().length, before);
  clock.mock.restore();
  mock.timers.reset();
});

for (const none of [undefined, []]) {
  test(`where buffers come as ${JSON.stringify(none)} the page asks for text, and says so from the start later`, async () => {
    const { factory, file } = await load();
    const { model, el, done } = show(factory);
    await settle();
    const hand = (message) => model.listeners.get("msg:custom").forEach((take) => take(message, none));
    for (const piece of [0, 1]) hand({ kind: "asset", file, piece });
    assert.deepEqual(model.sent.map(({ text, pieces }) => [text, pieces]), [[undefined, [0, 1]], [true, [0, 1]]]);
    const text = (part) => [Buffer.from(gzipSync(part)).toString("base64")];
    hand({ kind: "asset", file, piece: 1, base64: text(APP.slice(10)) });
    hand({ kind: "asset", file, piece: 0, base64: text(APP.slice(0, 10)) });
    await done;
    assert.equal(el.shown, true);
    const later = show((await load()).factory);
    await settle();
    assert.equal(later.model.sent[0].text, true);
  });
}

test("a kernel of another version says that it has no such script, and the page what to do", async () => {
  const { factory, file } = await load();
  const failed = mock.method(console, "error", () => {});
  const { model, note, done } = show(factory);
  await settle();
  model.take({ kind: "asset", file, gone: true });
  await done;
  failed.mock.restore();
  assert.match(note(), /it was updated since\. Run the cell again; .* reload the page/);
  assert.equal(model.sent.length, 1);
});

test("a kernel that does not answer is told of, and what to do", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  let now = 0;
  const clock = mock.method(performance, "now", () => now);
  const { note } = show((await load()).factory);
  await settle();
  assert.match(note(), /waiting for the kernel/);
  for (let i = 0; i < 25; i++) {
    now += 1000;
    mock.timers.tick(1000);
  }
  assert.match(note(), /no answer from the kernel yet\. If it isn't busy, run the cell again/);
  clock.mock.restore();
  mock.timers.reset();
});

test("scripts that another version loads on the same page are none of this one's", async () => {
  for (const version of ["a", "b"]) {
    const { factory } = await load({ scripts: { app: { file: `app-${version}.js`, bytes: 5, pieces: 1 } } });
    show(factory);
  }
  await settle();
  const [first, second] = [...globalThis.__nbstreamStores.values()];
  assert.deepEqual([[...first.keys()], [...second.keys()]], [["app-a.js"], ["app-b.js"]]);
});

test("a few pieces are asked for at a time, the next when these have come", async () => {
  const scripts = { app: { file: "app-many.js", bytes: APP.length, pieces: 10 } };
  const { model, el, done } = show((await load({ scripts })).factory);
  await settle();
  const at = (i) => Math.floor((i * APP.length) / 10);
  for (const i of [3, 1, 0, 2, 4, 5, 7, 6, 9, 8]) {
    model.take({ kind: "asset", file: "app-many.js", piece: i }, view(APP.slice(at(i), at(i + 1))));
  }
  await done;
  assert.deepEqual(model.sent.map(({ pieces }) => pieces), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assert.equal(el.shown, true);
});

test("pieces that come unasked, before any view, are taken", async () => {
  const { factory, file } = await load();
  const model = new Model();
  factory.initialize({ model });
  model.take({ kind: "asset", file, piece: 0 }, view(APP.slice(0, 10)));
  model.take({ kind: "asset", file: "another.js", piece: 0 }, view("no"));
  model.take({ kind: "asset", file, piece: 7 }, view("no"));
  model.take({ kind: "asset", file, piece: 1 }, view(APP.slice(10)));
  const el = document.createElement("div");
  await factory.render({ model, el, signal: new AbortController().signal });
  assert.equal(el.shown, true);
  assert.deepEqual(model.sent, []);
});

test("a view loads another script only when it needs it", async () => {
  const text = "export const views = { cards: ({ el, load }) => { el.more = load; } };";
  const scripts = {
    app: { file: "app-more.js", bytes: text.length, pieces: 1 },
    plotly: { file: "plotly-more.js", bytes: 22, pieces: 1 },
  };
  const { factory } = await load({ scripts });
  const { model, el, done } = show(factory);
  await settle();
  model.take({ kind: "asset", file: "app-more.js", piece: 0 }, view(text));
  await done;
  assert.deepEqual(model.sent.map(({ name }) => name), ["app"]);
  const more = el.more("plotly");
  await settle();
  assert.deepEqual(model.sent.map(({ name }) => name), ["app", "plotly"]);
  model.take({ kind: "asset", file: "plotly-more.js", piece: 0 }, view("export const n = 5;  //"));
  assert.equal((await more).n, 5);
});

test("without a kernel the page says so", async () => {
  const { factory } = await load();
  const model = new Model();
  model.isDead = true;
  factory.initialize({ model });
  const el = document.createElement("div");
  factory.render({ model, el, signal: new AbortController().signal });
  await settle();
  assert.match(el.textContent, /kernel is gone\. Run the cell again/);
});

test("a script that fails is told on the page", async () => {
  const { factory, file } = await load();
  const failed = mock.method(console, "error", () => {});
  const { model, note, done } = show(factory);
  model.take({ kind: "asset", file, piece: 0 }, view("throw new Error('broken');"));
  model.take({ kind: "asset", file, piece: 1 }, view("\n"));
  await done;
  failed.mock.restore();
  assert.match(note(), /could not show this: broken/);
});
