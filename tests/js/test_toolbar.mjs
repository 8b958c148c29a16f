// What stands above a chart, and the chips above its frame.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Toolbar } from "../../nbstream/static/chart/toolbar.js";
import { Viewport } from "../../nbstream/static/chart/viewport.js";
import { click, fakeEvent, installDom } from "./fakeDom.mjs";
import { FakePlot } from "./fakePlot.mjs";

let told;
let toolbar;
let view;
let plot;

beforeEach(() => {
  installDom();
  told = [];
  const tell = (word) => (value) => told.push(value === undefined ? word : `${word} ${value}`);
  const names = ["chooseWindow", "chooseMode", "togglePause", "jumpToLive", "fitY", "save", "keep", "goBack", "showHelp", "resetAll", "showWindow", "showTable"];
  toolbar = new Toolbar({
    ...Object.fromEntries(names.map((name) => [name, tell(name)])),
    isTable: () => told.includes("showTable true"),
    band: { k: () => 2.5, isOn: () => true, toggle: tell("band") },
    rows: { isOn: () => false, toggle: tell("rows") },
    gap: { text: () => "never", choose: tell("gap") },
  });
  view = new Viewport();
  view.isDelivering = false;
  view.clock.take(60_000, -1000);
  plot = new FakePlot();
  show();
});

function show(more = {}, facts = {}) {
  const meta = { title: "A sine", window: "60s", choices: ["10s", "60s", "all"], ...more };
  toolbar.show(meta, view, plot);
  toolbar.showChips({ viewport: view, plot, more: null, isOver: false, meta, ...facts });
}

const buttons = () => toolbar.tools.all("nbs-tool").filter((node) => node.tagName === "BUTTON");
const chips = () => toolbar.chips.all("nbs-chart-chip").filter((node) => !node.hidden).map((node) => node.textContent);

test("every button has a name, a title and a sign that says nothing to who cannot see it", () => {
  const names = buttons().map((node) => node.getAttribute("aria-label"));
  assert.deepEqual(names, ["Zoom", "Pan", "Select", "Fit y", "Back to live", "Pause", "More"]);
  for (const node of buttons()) {
    assert.ok(node.getAttribute("title"));
    assert.equal(node.one("nbs-svg").getAttribute("aria-hidden"), "true");
    assert.equal(node.getAttribute("type"), "button");
  }
});

test("buttons do what they say", () => {
  for (const node of buttons()) click(node);
  assert.deepEqual(told, ["chooseMode zoom", "chooseMode pan", "chooseMode select", "fitY", "jumpToLive", "togglePause"]);
});

test("the menu saves what is shown, keeps it, shows it as a table, lists the keys and resets", () => {
  click(toolbar.more.opener);
  for (const name of toolbar.more.items.map((node) => node.one("nbs-menu-name").textContent)) {
    if (!toolbar.more.isOpen) toolbar.more.open();
    click(toolbar.more.items.find((node) => node.one("nbs-menu-name").textContent === name));
  }
  assert.deepEqual(told, ["save png", "save svg", "save html", "save csv", "keep", "showTable true", "band", "rows", "gap", "goBack", "showHelp", "resetAll"]);
});

test("the menu says of which band it is, and whether it is shown", () => {
  toolbar.more.open();
  const band = toolbar.more.items.find((node) => node.textContent.startsWith("Band"));
  assert.equal(band.one("nbs-menu-name").textContent, "Band: mean ± 2.5·std");
  assert.equal(band.getAttribute("role"), "menuitemcheckbox");
  assert.equal(band.getAttribute("aria-checked"), "true");
});

test("what has become of a wish is said for a while", () => {
  toolbar.tell("kept in the notebook");
  assert.equal(toolbar.chips.one("nbs-told").textContent, "kept in the notebook");
  assert.equal(toolbar.chips.one("nbs-told").getAttribute("role"), "status");
  toolbar.tell("");
});

test("one of the modes is chosen, by arrow keys too", () => {
  const [zoom, pan] = buttons();
  click(pan);
  assert.equal(pan.getAttribute("aria-checked"), "true");
  assert.equal(zoom.getAttribute("aria-checked"), "false");
  pan.dispatchEvent(fakeEvent("keydown", { key: "ArrowLeft" }));
  assert.equal(zoom.getAttribute("aria-checked"), "true");
  assert.equal(document.activeElement, zoom);
});

test("the same buttons are there live and paused, and one of them is resume then", () => {
  view.pause(true);
  show();
  assert.equal(buttons().length, 7);
  assert.equal(toolbar.pause.getAttribute("aria-label"), "Resume");
  view.pause(false);
  show();
  assert.equal(toolbar.pause.getAttribute("aria-label"), "Pause");
});

test("a window that is none of the choices is offered with them", () => {
  show({ window: "90s" });
  assert.equal(toolbar.window.value, "90s");
  assert.deepEqual(toolbar.window.childNodes.map((node) => node.textContent), ["90s", "10s", "60s", "all"]);
  toolbar.window.value = "10s";
  toolbar.window.dispatchEvent(fakeEvent("change"));
  assert.deepEqual(told, ["chooseWindow 10s"]);
});

test("a chart without tools keeps its title and what it says of itself", () => {
  show({ toolbar: false });
  assert.equal(toolbar.tools.hidden, true);
  assert.equal(toolbar.title.textContent, "A sine");
  show({ title: null });
  assert.equal(toolbar.title.hidden, true);
});

test("a view that follows at the window's width needs no chip", () => {
  assert.deepEqual(chips(), []);
});

test("a view that stands still offers the way back, and counts what it misses", () => {
  view.pan(-10_000);
  show({}, { more: 1240 });
  assert.deepEqual(chips(), ["paused · jump to live (+1,240)"]);
  click(toolbar.chips.one("nbs-jump"));
  assert.deepEqual(told, ["jumpToLive"]);
});

test("a view that has ended leads back to its end", () => {
  view.pan(-10_000);
  show({}, { isOver: true });
  assert.deepEqual(chips(), ["back to the end"]);
  view.reset();
  view.pause(true);
  show({}, { isOver: true });
  assert.deepEqual(chips(), []);
});

test("a zoom says the window and the view", () => {
  view.takeWindow(300_000, true);
  view.lookAt(48_000, 60_000);
  show({ window: "5min" });
  assert.deepEqual(chips(), ["window 5min · view 12 s"]);
  click(toolbar.chips.one("nbs-whole"));
  assert.deepEqual(told, ["showWindow"]);
});

test("a fixed y says so, and its chip lets it fit again", () => {
  plot.hasFixedY = true;
  show();
  assert.deepEqual(chips(), ["y fixed · fit"]);
  click(toolbar.chips.one("nbs-fit"));
  assert.deepEqual(told, ["fitY"]);
});

test("a restarted kernel is said over the plot, once; other states stand in the badge", () => {
  const banner = toolbar.chips.one("nbs-banner");
  toolbar.badge.show({ kind: "good", text: "live" });
  assert.equal(banner.hidden, true);
  toolbar.badge.show({ kind: "bad", text: "kernel restarted: run the cell again" });
  assert.equal(banner.hidden, false);
  assert.equal(banner.textContent, "kernel restarted: run the cell again");
  assert.equal(toolbar.head.getAttribute("data-banner"), "");
  toolbar.badge.show({ kind: "bad", text: "no answer from the kernel for 5 s" });
  assert.equal(banner.hidden, true);
});

test("words that the badge has no room for are said over the plot", () => {
  toolbar.badge.label.scrollWidth = 400;
  toolbar.badge.label.clientWidth = 200;
  toolbar.badge.show({ kind: "bad", text: "could not read sensors.csv: the file is gone" });
  assert.equal(toolbar.chips.one("nbs-banner").textContent, "could not read sensors.csv: the file is gone");
});

test("the menu offers a table, or the chart again", () => {
  const choose = (name) => {
    toolbar.more.open();
    click(toolbar.more.items.find((node) => node.textContent === name));
  };
  choose("Show as table");
  choose("Show as chart");
  assert.deepEqual(told, ["showTable true", "showTable false"]);
});
