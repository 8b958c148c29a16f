// What stands above a chart: its title, how it is, what a drag does, the ways back, the pause, the choice of the window,
// and a menu of what else there is.

import { element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { Badge, OVER } from "../shared/status.js";
import { ChartChips } from "./chips.js";
import { tool } from "./icons.js";
import { moreMenu } from "./more.js";
import { pauseButton, showPause } from "./pause.js";

const WINDOWS = ["10s", "60s", "5min", "all"];
const MODE_NAMES = { zoom: "Zoom: drag a span", pan: "Pan: drag the view", select: "Select: drag a span" };

export class Toolbar {
  /**
   * @param {object} does
   * @param {(window: string) => void} does.chooseWindow
   * @param {(mode: "zoom" | "pan" | "select") => void} does.chooseMode what a drag over the plot does from now on
   * @param {() => void} does.togglePause
   * @param {() => void} does.jumpToLive
   * @param {() => void} does.fitY
   * @param {(format: "png" | "svg" | "html" | "csv") => void} does.save what is shown as a file
   * @param {() => void} does.keep
   * @param {() => boolean} does.isTable
   * @param {(isTable: boolean) => void} does.showTable
   * @param {() => void} does.goBack
   * @param {() => void} does.showHelp
   * @param {object} does.band as `moreMenu` takes it
   * @param {object} does.rows as `moreMenu` takes it
   * @param {object} does.gap as `moreMenu` takes it
   * @param {() => void} does.resetAll
   * @param {() => void} [does.showWindow] show as much as the window; without it the view is changed at the next tick
   */
  constructor(does) {
    this.does = does;
    this.viewport = null;
    this.mode = "zoom";
    this.badge = new StateBadge((text) => this.#say(text));
    this.title = element("span", { class: "nbs-chart-title", hidden: true });
    this.modes = new Map(Object.keys(MODE_NAMES).map((mode) => [mode, this.#modeButton(mode)]));
    this.fit = tool("fitY", "Fit y", "Fit the y axis to what is visible (F)", does.fitY);
    this.live = tool("live", "Back to live", "Back to live; again: the whole window, and y fits (L)", does.jumpToLive);
    this.pause = pauseButton(does.togglePause);
    this.more = moreMenu(does);
    this.window = element("select", {
      ...OWN_KEYS,
      class: "nbs-tool nbs-tool-window",
      "aria-label": "Window",
      title: "Window of the view and of the statistics",
      onchange: () => does.chooseWindow(this.window.value),
    });
    const modes = element("span", { class: "nbs-tool-group", role: "radiogroup", "aria-label": "What a drag does" }, [...this.modes.values()]);
    this.tools = element("div", { class: "nbs-tools", role: "toolbar", "aria-label": "Chart" }, [
      modes,
      this.fit,
      this.live,
      this.pause,
      this.window,
      this.more.el,
    ]);
    this.head = element("div", { class: "nbs-chart-head" }, [this.title, this.badge.el]);
    this.el = element("div", { class: "nbs-toolbar" }, [this.head, this.tools]);
    this.strip = new ChartChips({ jumpToLive: does.jumpToLive, fitY: does.fitY, showWindow: () => this.#showWindow() });
    /** To be laid over the plot. */
    this.chips = this.strip.el;
    this.offered = "";
  }

  /**
   * Show what there is to choose, and what is chosen.
   * @param {{title: string | null, toolbar?: boolean, window?: string, choices?: string[]}} meta
   * @param {import("./viewport.js").Viewport} viewport
   * @param {import("./plot.js").Plot} plot
   */
  show({ title, toolbar, file, window: current = "60s", choices = WINDOWS }, viewport, plot) {
    setText(this.title, title ?? "");
    setAttribute(this.title, "title", title || null);
    this.title.hidden = !title;
    showPause(this.pause, viewport.isPaused);
    setAttribute(this.live, "data-idle", viewport.isWindow && !plot?.hasFixedY ? "" : null);
    setAttribute(this.fit, "data-idle", plot?.hasFixedY ? null : "");
    this.tools.hidden = toolbar === false;
    this.window.hidden = this.pause.hidden = toolbar === "tools";
    if (file) this.#showFile();
    const offered = choices.includes(current) ? choices : [current, ...choices];
    if (this.offered !== offered.join()) {
      this.offered = offered.join();
      this.window.replaceChildren(...offered.map((text) => element("option", { value: text, text })));
    }
    if (this.window.value !== current) this.window.value = current;
  }

  /** A file neither goes on nor stands still. */
  #showFile() {
    this.pause.hidden = true;
    setAttribute(this.live, "aria-label", "To the end");
    setAttribute(this.live, "title", "To the end of the file; again: the whole window, and y fits (L)");
  }

  /** Show the ways back that there are now; see `ChartChips.show`. */
  showChips(facts) {
    this.viewport = facts.viewport;
    this.strip.show(facts);
  }

  /** Leave the page; what it is laid into may stay. */
  close() {
    this.more.close(false);
    for (const node of [this.head, this.tools]) node.remove();
  }

  /** Say what has become of what somebody asked for. */
  tell(text) {
    this.strip.tell(text);
  }

  /** Choose what a drag does. */
  setMode(mode) {
    this.mode = mode;
    for (const [name, node] of this.modes) setAttribute(node, "aria-checked", String(name === mode));
    this.does.chooseMode(mode);
  }

  #modeButton(mode) {
    const [name] = MODE_NAMES[mode].split(":");
    const node = tool(mode, name, MODE_NAMES[mode], () => this.setMode(mode));
    setAttribute(node, "role", "radio");
    setAttribute(node, "aria-checked", String(mode === this.mode));
    node.addEventListener("keydown", (event) => this.#chooseByKey(event, mode));
    return node;
  }

  #chooseByKey(event, mode) {
    const sign = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    const names = [...this.modes.keys()];
    const next = names[(names.indexOf(mode) + sign + names.length) % names.length];
    this.setMode(next);
    this.modes.get(next).focus();
  }

  #showWindow() {
    if (this.does.showWindow) return this.does.showWindow();
    this.viewport?.showWindow();
    this.strip.window.show(null);
  }

  /** What needs a hand is said to its end, over the plot, where the badge has no room for it. */
  #say(text) {
    this.strip.say(text);
    setAttribute(this.head, "data-banner", text ? "" : null);
  }
}

/** A badge whose gravest words are handed on where it has no room for them. */
class StateBadge extends Badge {
  constructor(say) {
    super();
    this.say = say;
  }

  show(state) {
    super.show(state);
    const isCut = this.label.scrollWidth > this.label.clientWidth + 1;
    this.say(state.kind === "bad" && (isCut || Object.values(OVER).includes(state.text)) ? state.text : "");
  }
}
