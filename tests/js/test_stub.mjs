import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const TEXT = readFileSync(new URL("../../nbstream/static/stub.js", import.meta.url), "utf-8");

async function load(key) {
  const source = TEXT.replaceAll("__KEY__", key);
  return (await import(`data:text/javascript,${encodeURIComponent(`${source}// ${Math.random()}`)}`)).default;
}

const modelOf = (loader) => ({ get: (name) => (name === "_loader" ? loader : undefined) });

test("the loader is made once per page, and each widget has a factory of its own", async () => {
  globalThis.__nbstreamLoaders = globalThis.__nbstreamImports = undefined;
  const texts = [];
  globalThis.Blob = class {
    constructor([text]) {
      this.text = text;
    }
  };
  URL.createObjectURL = ({ text }) => `data:text/javascript,${encodeURIComponent(`${text}// ${texts.push(text)}`)}`;
  URL.revokeObjectURL = () => {};
  globalThis.made = 0;
  const loader = `globalThis.made += 1;
const NAME = "loader";
export default () => {
  const seen = [];
  return { initialize: ({ model }) => seen.push(model), render: ({ el }) => [NAME, el, ...seen] };
};`;
  const [one, two] = [modelOf(loader), modelOf(loader)];
  const views = [(await load("k"))(), (await load("k"))()];
  await Promise.all([views[0].initialize({ model: one }), views[1].initialize({ model: two })]);
  assert.deepEqual(await views[0].render({ model: one, el: "a" }), ["loader", "a", one]);
  assert.deepEqual(await views[1].render({ model: two, el: "b" }), ["loader", "b", two]);
  assert.equal(globalThis.made, 1);
  const later = (await load("k"))();
  later.initialize({ model: two });
  assert.deepEqual(later.render({ model: two, el: "c" }), ["loader", "c", two], "at once, for it is there");
  await (await load("other"))().initialize({ model: one });
  assert.equal(globalThis.made, 2);
});
