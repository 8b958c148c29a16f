// What lies above the frame of a plot, in a line: the way back to live, to a fitted y, to the whole window; and a
// sentence that has no room in the toolbar. Where it is narrow, they say what they do and leave out why.

import { spanText } from "./box.js";
import { button, element, setText } from "../shared/dom.js";

const LINE_PX = 20;
const TOLD_MS = 5000;

export class ChartChips {
  /**
   * @param {object} does
   * @param {() => void} does.jumpToLive
   * @param {() => void} does.fitY
   * @param {() => void} does.showWindow
   */
  constructor({ jumpToLive, fitY, showWindow }) {
    this.jump = new Chip("nbs-jump", jumpToLive, "Follow the newest readings");
    this.y = new Chip("nbs-fit", fitY, "Let the y axis fit what is visible");
    this.window = new Chip("nbs-whole", showWindow, "Show as much as the window");
    this.banner = element("div", { class: "nbs-banner", hidden: true });
    this.told = element("div", { class: "nbs-told", role: "status" });
    this.el = element("div", { class: "nbs-chart-chips" }, [this.jump.el, this.y.el, this.window.el, this.banner, this.told]);
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
    const isAway = !isFollowing && !(isOver && !viewport.detached && !isZoomed);
    const count = more > 0 ? ` (+${more.toLocaleString("en")})` : "";
    this.jump.show(isAway ? (isOver ? ["", "back to the end"] : ["paused · ", `jump to live${count}`]) : null);
    this.y.show(plot.hasFixedY ? ["y fixed · ", "fit"] : null);
    this.window.show(isZoomed ? [`window ${meta.window ?? spanText(span / 1000)} · `, `view ${spanText(width / 1000)}`] : null);
    if (!plot.frame) return;
    const { left, top, width: wide } = plot.frame;
    const place = `${left} ${top} ${wide}`;
    if (place === this.placed) return;
    this.placed = place;
    Object.assign(this.el.style, { left: `${left}px`, top: `${Math.max(0, top - LINE_PX)}px`, width: `${wide}px` });
  }

  /** Say for a while what has become of what somebody asked for. */
  tell(text) {
    setText(this.told, text);
    clearTimeout(this.forget);
    this.forget = setTimeout(() => setText(this.told, ""), TOLD_MS);
  }

  /** Say a sentence at length, "" for none. */
  say(text) {
    setText(this.banner, text);
    this.banner.hidden = !text;
  }
}

class Chip {
  constructor(name, onclick, title) {
    this.why = element("span", { class: "nbs-chart-chip-why" });
    this.what = element("span");
    this.el = button("", () => onclick(), `nbs-chart-chip ${name}`, { title, hidden: true });
    this.el.append(this.why, this.what);
  }

  /** @param {[string, string] | null} words why, which narrow charts leave out, and what a click does; null hides it */
  show(words) {
    this.el.hidden = words === null;
    if (words === null) return;
    setText(this.why, words[0]);
    setText(this.what, words[1]);
  }
}
