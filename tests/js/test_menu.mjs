// A menu: how it opens and closes, what keys do in it, and where the focus goes.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { button } from "../../nbstream/static/shared/dom.js";
import { Menu } from "../../nbstream/static/shared/menu.js";
import { click, fakeEvent, installDom, press } from "./fakeDom.mjs";

let told;
let menu;

beforeEach(() => {
  installDom();
  globalThis.innerWidth = 320;
  globalThis.innerHeight = 600;
  told = [];
  const choice = (name) => ({ name, act: () => told.push(name) });
  menu = new Menu(button("More", () => {}), () => [choice("Save"), null, { ...choice("Table"), isOn: true }, choice("Keys")]);
  document.body.append(menu.el);
});

const focused = () => document.activeElement.textContent;

test("a click opens it, with the focus on its first choice, and another closes it", () => {
  assert.equal(menu.opener.getAttribute("aria-haspopup"), "menu");
  click(menu.opener);
  assert.equal(menu.opener.getAttribute("aria-expanded"), "true");
  assert.equal(focused(), "Save");
  click(menu.opener);
  assert.equal(menu.isOpen, false);
  assert.equal(menu.opener.getAttribute("aria-expanded"), "false");
  assert.equal(document.activeElement, menu.opener);
});

test("arrow keys open it at either end and go round in it", () => {
  press(menu.opener, "ArrowUp");
  assert.equal(focused(), "Keys");
  press(menu.list, "ArrowDown");
  assert.equal(focused(), "Save");
  press(menu.list, "ArrowDown");
  assert.equal(focused(), "Table");
  press(menu.list, "End");
  assert.equal(focused(), "Keys");
  press(menu.list, "Home");
  assert.equal(focused(), "Save");
});

test("a letter goes to the next choice that begins with it", () => {
  menu.open();
  press(menu.list, "k");
  assert.equal(focused(), "Keys");
  press(menu.list, "x");
  assert.equal(focused(), "Keys");
});

test("Escape gives the focus back, Tab goes on from the button, a click beside it takes nothing", () => {
  for (const key of ["Escape", "Tab"]) {
    menu.open();
    press(menu.list, key);
    assert.equal(menu.isOpen, false);
    assert.equal(document.activeElement, menu.opener);
  }
  menu.open();
  document.activeElement = document.body;
  document.dispatchEvent(fakeEvent("pointerdown", { target: document.body }));
  assert.equal(menu.isOpen, false);
  assert.equal(document.activeElement, document.body);
});

test("a choice is done once the menu is gone", () => {
  menu.open();
  click(menu.items[2]);
  assert.deepEqual(told, ["Keys"]);
  assert.equal(menu.isOpen, false);
});

test("choices have roles, and say whether they are on", () => {
  menu.open();
  assert.equal(menu.list.getAttribute("role"), "menu");
  assert.deepEqual(menu.items.map((node) => node.getAttribute("role")), ["menuitem", "menuitemcheckbox", "menuitem"]);
  assert.equal(menu.items[1].getAttribute("aria-checked"), "true");
  assert.equal(menu.items[0].getAttribute("aria-checked"), null);
});

test("it stays inside a narrow page", () => {
  menu.opener.getBoundingClientRect = () => ({ left: 20, right: 44, top: 560, bottom: 582 });
  menu.list.getBoundingClientRect = () => ({ width: 200, height: 240 });
  menu.open();
  assert.deepEqual([menu.list.style.left, menu.list.style.top], ["4px", "318px"]);
});

test("nothing hears the page any more once it is closed", () => {
  menu.open();
  menu.close();
  assert.deepEqual(document.listeners.get("pointerdown"), []);
  assert.deepEqual(document.listeners.get("scroll"), []);
});
