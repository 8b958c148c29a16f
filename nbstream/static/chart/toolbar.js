// What lies over a chart: the badge, the choice of the window, the pause button, and the way back to live.

import { button, element, OWN_KEYS } from "../shared/dom.js";
import { Badge } from "../shared/status.js";

export class Toolbar {
  /**
   * @param {object} does
   * @param {(window: string) => void} does.chooseWindow
   * @param {() => void} does.togglePause
   * @param {() => void} does.jumpToLive
   */
  constructor({ chooseWindow, togglePause, jumpToLive }) {
    this.badge = new Badge();
    this.pause = button("", togglePause, "nbs-tool");
    this.window = element("select", {
      ...OWN_KEYS,
      class: "nbs-tool",
      "aria-label": "Window",
      title: "Window of the view and of the statistics",
      onchange: () => chooseWindow(this.window.value),
    });
    this.jump = button("", jumpToLive, "nbs-jump", { hidden: true });
    this.el = element("div", { class: "nbs-toolbar" }, [this.badge.el, this.window, this.pause]);
    this.offered = "";
  }

  /** Show what there is to choose, and what is chosen. */
  show({ toolbar, window: current = "60s", choices }, isPaused) {
    this.pause.textContent = isPaused ? "▶" : "❚❚";
    this.pause.title = isPaused ? "Resume: follow the newest readings" : "Pause the view; the data goes on";
    this.pause.setAttribute("aria-label", isPaused ? "Resume" : "Pause");
    this.pause.hidden = this.window.hidden = toolbar === false;
    const offered = choices.includes(current) ? choices : [current, ...choices];
    if (this.offered !== offered.join()) {
      this.offered = offered.join();
      this.window.replaceChildren(...offered.map((text) => element("option", { value: text, text })));
    }
    if (this.window.value !== current) this.window.value = current;
  }

  /**
   * Offer the way back to live.
   * @param {boolean} isOffered
   * @param {number | null} more readings that came since the view stands still, null while it moves
   */
  offerJump(isOffered, more) {
    this.jump.hidden = !isOffered;
    const count = more > 0 ? ` (+${more.toLocaleString("en")})` : "";
    this.jump.textContent = more === null ? "back to the whole window" : `jump to live${count}`;
  }
}
