// What lies over the upper edge of a plot, in a line: the way back to live, to a fitted y, to the whole window; and a
// sentence that has no room in the toolbar.

import { button, element, setText } from "../shared/dom.js";
import { spanText } from "./gestures.js";

export class Chips {
  /**
   * @param {object} does
   * @param {() => void} does.jumpToLive
   * @param {() => void} does.fitY
   * @param {() => void} does.showWindow
   */
  constructor({ jumpToLive, fitY, showWindow }) {
    this.jump = chip("nbs-jump", jumpToLive, "Follow the newest readings");
    this.y = chip("nbs-fit", fitY, "Let the y axis fit what is visible");
    this.window = chip("nbs-whole", showWindow, "Show as much as the window");
    this.banner = element("div", { class: "nbs-banner", hidden: true });
    this.el = element("div", { class: "nbs-chart-chips" }, [this.banner, this.jump, this.y, this.window]);
  }

  /**
   * @param {object} facts
   * @param {import("./viewport.js").Viewport} facts.viewport
   * @param {import("./plot.js").Plot} facts.plot
   * @param {number | null} facts.more readings that came since the view stands still
   * @param {boolean} facts.isOver whether nothing will come any more
   * @param {{window?: string}} facts.meta
   */
  show({ viewport, plot, more, isOver, meta }) {
    const { isFollowing, isZoomed, width, span } = viewport;
    this.jump.hidden = isFollowing || (isOver && !viewport.detached && !isZoomed);
    if (!this.jump.hidden) setText(this.jump, isOver ? "back to the end" : jumpText(more));
    this.y.hidden = !plot.hasFixedY;
    setText(this.y, "y fixed · fit");
    this.window.hidden = !isZoomed;
    if (isZoomed) setText(this.window, `window ${meta.window ?? spanText(span / 1000)} · view ${spanText(width / 1000)}`);
    const { frame } = plot;
    if (!frame) return;
    const place = `${frame.left} ${frame.top} ${frame.width}`;
    if (place === this.placed) return;
    this.placed = place;
    Object.assign(this.el.style, { left: `${frame.left}px`, top: `${frame.top}px`, width: `${frame.width}px` });
  }

  /** Say a sentence at length, "" for none. */
  say(text) {
    setText(this.banner, text);
    this.banner.hidden = !text;
  }
}

function chip(name, onclick, title) {
  return button("", onclick, `nbs-chart-chip ${name}`, { title, hidden: true });
}

function jumpText(more) {
  return `paused · jump to live${more > 0 ? ` (+${more.toLocaleString("en")})` : ""}`;
}
