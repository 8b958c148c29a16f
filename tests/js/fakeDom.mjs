// A stand-in for the parts of the DOM that the panels use, so that their tests need neither browser nor npm.

class FakeNode {
  constructor(tag) {
    this.tagName = tag.toUpperCase();
    this.parentNode = null;
    this.childNodes = [];
    this.attributes = new Map();
    this.listeners = new Map();
    this.style = { setProperty: (name, value) => (this.style[name] = value) };
    this.text = "";
    this.value = "";
    this.disabled = false;
    this.dataset = {};
    this.classList = { add: (...names) => (this.className = [this.className, ...names].filter(Boolean).join(" ")) };
  }

  get className() {
    return this.getAttribute("class") ?? "";
  }

  set className(value) {
    this.setAttribute("class", value);
  }

  get hidden() {
    return this.attributes.has("hidden");
  }

  set hidden(value) {
    if (value) this.setAttribute("hidden", "");
    else this.removeAttribute("hidden");
  }

  get textContent() {
    return this.text + this.childNodes.map((child) => child.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren();
    this.text = String(text);
  }

  get firstChild() {
    return this.childNodes[0] ?? null;
  }

  get nextSibling() {
    return this.parentNode?.childNodes[this.parentNode.childNodes.indexOf(this) + 1] ?? null;
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  setAttribute(name, value) {
    this.attributes.set(name, String(value));
  }

  removeAttribute(name) {
    this.attributes.delete(name);
  }

  append(...nodes) {
    for (const node of nodes) this.insertBefore(node, null);
  }

  insertBefore(node, next) {
    node.remove();
    const at = next === null ? this.childNodes.length : this.childNodes.indexOf(next);
    if (at < 0) throw new Error("insertBefore: no such child");
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
  }

  remove() {
    if (!this.parentNode) return;
    const siblings = this.parentNode.childNodes;
    siblings.splice(siblings.indexOf(this), 1);
    this.parentNode = null;
    if (document.activeElement && this.contains(document.activeElement)) document.activeElement = document.body;
  }

  replaceChildren(...nodes) {
    for (const node of [...this.childNodes]) node.remove();
    this.text = "";
    this.append(...nodes);
  }

  replaceWith(node) {
    this.parentNode.insertBefore(node, this);
    this.remove();
  }

  /** @param {string} selector of a class */
  closest(selector) {
    const name = selector.slice(1);
    for (let node = this; node; node = node.parentNode) if (node.className?.split?.(" ").includes(name)) return node;
    return null;
  }

  contains(node) {
    for (let other = node; other; other = other.parentNode) if (other === this) return true;
    return false;
  }

  addEventListener(name, listener, { signal } = {}) {
    signal?.addEventListener("abort", () => this.removeEventListener(name, listener));
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  removeEventListener(name, listener) {
    this.listeners.set(name, (this.listeners.get(name) ?? []).filter((other) => other !== listener));
  }

  dispatchEvent(event) {
    for (const listener of this.listeners.get(event.type) ?? []) listener(event);
  }

  focus() {
    if (document.activeElement === this) return;
    document.activeElement?.dispatchEvent?.(fakeEvent("blur"));
    document.activeElement = this;
  }

  get parentElement() {
    return this.parentNode;
  }

  /** Knows selectors of one class only, and looks into the body. */
  querySelectorAll(selector) {
    return (this.body ?? this).all(selector.slice(1));
  }

  getBoundingClientRect() {
    return this.box ?? { left: 0, top: 0, right: 0, bottom: 0 };
  }

  /** All nodes below this one with a class. */
  all(name) {
    return this.childNodes.flatMap((child) => [
      ...(child.className.split(" ").includes(name) ? [child] : []),
      ...child.all(name),
    ]);
  }

  one(name) {
    const found = this.all(name);
    if (found.length !== 1) throw new Error(`${found.length} nodes have the class ${name}`);
    return found[0];
  }
}

/** What the kernel shows of a rule "value > 90". */
export function shownRule(id, more = {}) {
  const entries = { condition: "value > 90", clear: "", for: "", keep: "", severity: "warning", name: "", channel: "", noData: "nodata", cooldown: "", partial: "" };
  return {
    id,
    edition: 1,
    name: "",
    condition: { text: "value > 90", subject: "value", operator: ">", limits: [90] },
    clear: null,
    levels: [],
    unit: "",
    channel: "value",
    isSeveral: false,
    firing: "warning",
    state: "OK",
    nState: 1,
    nWatched: 1,
    isFlapping: false,
    error: "",
    ...more,
    entries: { ...entries, ...more.entries },
  };
}

/** What the kernel shows of the title row. */
export function shownControls(more = {}) {
  return {
    title: "streaming_data.csv",
    window: "60s",
    choices: ["10s", "60s", "5min", "all"],
    chart: "abc",
    paused: false,
    alerts: { n: 0, severity: "" },
    ended: null,
    ...more,
  };
}

/** What the kernel shows of rules and detectors. */
export function shownRules(more = {}) {
  return {
    channels: [{ name: "value" }],
    rules: [shownRule(1)],
    detectors: { kinds: [], running: [] },
    ended: null,
    ...more,
  };
}

/** An event as listeners see it. */
export function fakeEvent(type, more = {}) {
  return { type, preventDefault() {}, stopPropagation() {}, ...more };
}

/** Type into a field, as a person does. */
export function typeInto(input, text) {
  input.focus();
  input.value = text;
  input.dispatchEvent(fakeEvent("input"));
}

export function press(node, key) {
  node.dispatchEvent(fakeEvent("keydown", { key }));
}

export function click(node) {
  if (!node.disabled) node.dispatchEvent(fakeEvent("click"));
}

/** Put the stand-ins in place of the browser's globals; timers fire by hand through the result. */
export function installDom() {
  const timers = new Map();
  globalThis.document = new FakeNode("#document");
  document.createElement = (tag) => new FakeNode(tag);
  document.createElementNS = (_, tag) => new FakeNode(tag);
  document.body = new FakeNode("body");
  document.activeElement = document.body;
  document.hidden = false;
  globalThis.CustomEvent = class {
    constructor(type, { detail }) {
      Object.assign(this, { type, detail });
    }
  };
  globalThis.IntersectionObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
  globalThis.getComputedStyle = () => ({ overflow: "visible" });
  globalThis.setInterval = (run) => {
    timers.set(timers.size + 1, run);
    return timers.size;
  };
  globalThis.clearInterval = (timer) => timers.delete(timer);
  return { timers, tick: () => [...timers.values()].forEach((run) => run()) };
}

/** A widget's model: records what the page sends, and says what the kernel would. */
export class FakeModel {
  constructor() {
    this.sent = [];
    this.handlers = [];
    this.isDead = false;
    this.seq = 0;
  }

  on(name, handler) {
    this.handlers.push([name, handler]);
  }

  off(name, handler) {
    this.handlers = this.handlers.filter(([n, h]) => n !== name || h !== handler);
  }

  send(message) {
    if (this.isDead) throw new Error("Cannot send");
    this.sent.push(message);
  }

  say(message, buffers = []) {
    for (const [name, handler] of [...this.handlers]) if (name === "msg:custom") handler(message, buffers);
  }

  /** Answer the page's hello with a state. */
  snapshot(state) {
    const { client } = this.sent.findLast((message) => message.kind === "hello");
    this.say({ kind: "snapshot", protocol: 1, seq: this.seq, now: Date.now(), busy: 0, to: [client], state });
  }

  /** Send a frame with a new state, or an empty one. */
  frame(state, busy = 0) {
    this.seq += 1;
    this.say({ kind: "frame", seq: this.seq, now: Date.now(), busy, ...(state ? { state } : {}) });
  }

  /** Send a frame that needs nothing before it, for views that nobody hears. */
  whole(busy) {
    this.seq += 1;
    this.say({ kind: "frame", seq: this.seq, now: Date.now(), busy, deaf: true, whole: true, protocol: 1 });
  }

  /** Answer the newest command. */
  reply(error = "", value = undefined) {
    this.say({ kind: "reply", request: this.sent.findLast((message) => "request" in message).request, error, value });
  }

  commands(kind) {
    return this.sent.filter((message) => message.kind === kind);
  }
}
