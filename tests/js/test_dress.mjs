import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { dress } from "../../nbstream/static/shared/dress.js";

let observers, page;

class Root {
  constructor() {
    this.styles = [];
    this.createElement = () => ({ setAttribute() {}, textContent: "" });
    this.append = (style) => this.styles.push(style);
    this.querySelector = () => this.styles[0] ?? null;
  }
}

const newPage = () => Object.assign(new Root(), { head: new Root(), ownerDocument: null });
const shadowOf = (document) => Object.assign(new Root(), { ownerDocument: document });
const put = (el, root) => Object.assign(el, { isConnected: true, getRootNode: () => root });
const newView = () => ({ ownerDocument: page, isConnected: false, getRootNode: () => null });

beforeEach(() => {
  observers = [];
  page = newPage();
  globalThis.ResizeObserver = class {
    constructor(callback) {
      Object.assign(this, { see: callback, isOn: false });
      observers.push(this);
    }
    observe() {
      this.isOn = true;
    }
    disconnect() {
      this.isOn = false;
    }
  };
});

test("a page has the sheet before its first view is put anywhere, and once", () => {
  const views = [newView(), newView()];
  views.forEach(dress);
  assert.equal(page.head.styles.length, 1);
  views.forEach((view) => put(view, page));
  observers.forEach((observer) => observer.see());
  assert.equal(page.head.styles.length, 1);
  assert.ok(observers.every((observer) => !observer.isOn));
});

test("a shadow root has a sheet of its own as soon as a view lies in it", () => {
  const [early, late] = [newView(), newView()];
  const root = shadowOf(page);
  dress(early);
  observers[0].see(); // measured, and nowhere yet
  assert.ok(observers[0].isOn);
  put(early, root);
  observers[0].see();
  dress(put(late, root));
  assert.equal(root.styles.length, 1);
  assert.notEqual(root.styles[0].textContent, "");
});

test("a view that is shown in another page has the sheet there", () => {
  const view = newView();
  dress(view);
  const other = newPage();
  put(view, other);
  observers[0].see();
  assert.equal(other.head.styles.length, 1);
});

test("of two versions the one that came last stays", () => {
  page.head.append({ textContent: ".nbs { color: red }" });
  dress(put(newView(), page));
  assert.equal(page.head.styles.length, 1);
  assert.equal(page.head.styles[0].textContent, "__STYLES__");
});
