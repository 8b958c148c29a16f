// Elements without HTML: text from data only ever becomes text.

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [options] `class`, `text`, event listeners as `onclick: function`, `style` as an
 *   object, any other name as an attribute (true is an empty one; null and false are left out)
 * @param {(Node | null | undefined)[]} [children]
 * @returns {HTMLElement}
 */
export function element(tag, options = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = String(value);
    else if (name === "style") Object.assign(node.style, value);
    else if (typeof value === "function") node.addEventListener(name.replace(/^on/, ""), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/**
 * For everything that takes the focus: JupyterLab takes single keys for commands of its own (two d delete the
 * cell), unless the focused element itself says this.
 */
export const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

/**
 * Make a button.
 * @param {string} text
 * @param {(event: Event) => void} onclick
 * @param {string} [className]
 * @param {Record<string, any>} [attributes]
 * @returns {HTMLElement}
 */
export function button(text, onclick, className = "nbs-button", attributes = {}) {
  return element("button", { ...OWN_KEYS, type: "button", class: className, text, onclick, ...attributes });
}

const FROM_THE_RIGHT = "[\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}]";
const RUNS_FROM_THE_RIGHT = new RegExp(`(${FROM_THE_RIGHT}(?:[\\p{M}\\s_.,/-]*${FROM_THE_RIGHT})*)`, "u");
const MAY_BE_FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/**
 * @returns {string[]} a text in pieces: those at odd places are written from right to left. Beside such a name a number
 *   would stand on its wrong side, and so each piece stands apart from the others.
 */
export function directions(text) {
  return MAY_BE_FROM_THE_RIGHT.test(text) ? text.split(RUNS_FROM_THE_RIGHT) : [text];
}

/** @returns {string} a text for a canvas, in which what is written from right to left stands apart from numbers beside it */
export function apart(text) {
  return directions(text).map((piece, i) => (i % 2 ? `\u2068${piece}\u2069` : piece)).join("");
}

/** Set a node's text, if it is another. */
export function setText(node, text) {
  if (node.textContent === text) return;
  const pieces = directions(String(text));
  if (pieces.filter(Boolean).length < 2) node.textContent = text;
  else node.replaceChildren(...pieces.map((piece, i) => element(i % 2 ? "bdi" : "span", { text: piece })));
}

const SHORT = 14;
const ENDING = 8;
const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;

/** Set a name: where it has no room it is cut in the middle, for many differ at their ends only. */
export function setName(node, name) {
  if (node.textContent === name) return;
  const signs = segmenter ? Array.from(segmenter.segment(name), ({ segment }) => segment) : [...name];
  const isLong = signs.length >= SHORT;
  setAttribute(node, "data-cut", isLong ? "" : null);
  if (!isLong) {
    node.textContent = name; // a number in it is part of it
    return;
  }
  setAttribute(node, "dir", "auto"); // its halves stand in the order in which it is read
  node.replaceChildren(
    element("span", { class: "nbs-name-start", text: signs.slice(0, -ENDING).join("") }),
    element("span", { class: "nbs-name-end", text: signs.slice(-ENDING).join("") }),
  );
}

/** Set an attribute, if it is another; null removes it. */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) === value) return;
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

/**
 * Make the children of `parent` those of `items`, in their order; a child lives as long as its key, so that
 * focus and selection stay.
 * @template T, V
 * @param {HTMLElement} parent
 * @param {Map<string, V & {el: HTMLElement}>} known what is there by key; changed
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => V & {el: HTMLElement}} make
 * @param {(part: V & {el: HTMLElement}, item: T) => void} update
 */
export function keepChildren(parent, known, items, keyOf, make, update) {
  const keys = new Set(items.map(keyOf));
  for (const [key, part] of known) {
    if (keys.has(key)) continue;
    part.el.remove();
    known.delete(key);
  }
  let next = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let part = known.get(key);
    if (!part) known.set(key, (part = make(item)));
    update(part, item);
    if (part.el === next) next = next.nextSibling;
    else parent.insertBefore(part.el, next);
  }
}
