// A button that opens a menu: arrow keys move in it, Escape and a click beside it close it. It lies in the browser's top
// layer, where there is one, so that no cell cuts it.

import { button, element, OWN_KEYS, setAttribute } from "./dom.js";

const MARGIN = 4;

/**
 * @typedef {object} Choice
 * @property {string} name
 * @property {string} [key] that does the same
 * @property {boolean} [isOn] whether what it stands for is chosen; left out where it is no choice
 * @property {() => void} act
 */

export class Menu {
  /**
   * @param {HTMLElement} opener the button
   * @param {() => (Choice | null)[]} choices asked for when it opens; null draws a line
   */
  constructor(opener, choices) {
    this.opener = opener;
    this.choices = choices;
    this.items = [];
    this.list = element("div", { ...OWN_KEYS, class: "nbs-menu", role: "menu", hidden: true, "aria-label": opener.getAttribute("aria-label"), popover: "manual" });
    this.el = element("span", { class: "nbs-menu-place" }, [opener, this.list]);
    setAttribute(opener, "aria-haspopup", "menu");
    setAttribute(opener, "aria-expanded", "false");
    opener.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    opener.addEventListener("keydown", (event) => this.#openByKey(event));
    this.list.addEventListener("keydown", (event) => this.#press(event));
  }

  get isOpen() {
    return !this.list.hidden;
  }

  open(at = 0) {
    const choices = this.choices();
    this.items = [];
    this.list.replaceChildren(...choices.map((choice) => (choice ? this.#item(choice) : element("div", { role: "separator", class: "nbs-menu-line" }))));
    this.list.hidden = false;
    this.list.showPopover?.();
    this.#place();
    setAttribute(this.opener, "aria-expanded", "true");
    this.abort = new AbortController();
    const options = { capture: true, signal: this.abort.signal };
    document.addEventListener("pointerdown", ({ target }) => this.el.contains(target) || this.close(false), options);
    document.addEventListener("scroll", ({ target }) => target.contains?.(this.opener) && this.close(false), options);
    globalThis.addEventListener?.("resize", () => this.close(false), options);
    this.items.at(at)?.focus();
  }

  /** @param {boolean} [takesFocus] whether the button has the focus then */
  close(takesFocus = true) {
    if (!this.isOpen) return;
    this.abort.abort();
    if (takesFocus) this.opener.focus();
    this.list.hidePopover?.();
    this.list.hidden = true;
    setAttribute(this.opener, "aria-expanded", "false");
  }

  #item({ name, key = "", isOn, act }) {
    const onclick = () => {
      this.close();
      act();
    };
    const role = isOn === undefined ? "menuitem" : "menuitemcheckbox";
    const node = button("", onclick, "nbs-menu-item", { role, tabindex: "-1", "aria-checked": isOn === undefined ? null : String(isOn) });
    node.append(element("span", { class: "nbs-menu-name", text: name }), element("span", { class: "nbs-menu-key", text: key, "aria-hidden": "true" }));
    this.items.push(node);
    return node;
  }

  #place() {
    const opener = this.opener.getBoundingClientRect();
    const { width, height } = this.list.getBoundingClientRect();
    const left = Math.max(MARGIN, Math.min(opener.right - width, globalThis.innerWidth - width - MARGIN));
    const below = opener.bottom + 2;
    const room = globalThis.innerHeight - height - MARGIN;
    const top = Math.max(MARGIN, below <= room ? below : Math.min(opener.top - height - 2, room));
    Object.assign(this.list.style, { left: `${left}px`, top: `${top}px` });
  }

  #openByKey(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    this.open(event.key === "ArrowDown" ? 0 : -1);
  }

  #press(event) {
    const at = this.items.indexOf(document.activeElement);
    const n = this.items.length;
    const moves = { ArrowDown: (at + 1) % n, ArrowUp: (at - 1 + n) % n, Home: 0, End: n - 1 };
    const { key } = event;
    if (key === "Tab") return this.close();
    if (key === "Enter" || key === " ") return event.stopPropagation();
    if (key === "Escape") this.close();
    else if (key in moves) this.items[moves[key]].focus();
    else if (key.length === 1) this.#find(key.toLowerCase(), at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Go to the next choice that begins with a letter. */
  #find(letter, at) {
    const { items } = this;
    const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    after.find((node) => node.textContent.toLowerCase().startsWith(letter))?.focus();
  }
}
