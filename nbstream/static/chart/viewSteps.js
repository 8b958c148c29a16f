// The views that a person has had, so that a zoom can be taken back.

const MAX_STEPS = 50;
const ONE_STEP_MS = 700; // changes that follow one another so closely are one: a turn of the wheel, a key held down

export class ViewSteps {
  /**
   * @param {import("./viewport.js").Viewport} viewport
   * @param {import("./plot.js").Plot} plot
   */
  constructor(viewport, plot) {
    this.viewport = viewport;
    this.plot = plot;
    this.before = [];
    this.present = this.#look();
    this.changedAt = -Infinity;
  }

  /** Take notice that the view may be another; what a gesture passes through on its way is none. */
  note(now = performance.now()) {
    if (this.viewport.held) return;
    const present = this.#look();
    if (JSON.stringify(present) === JSON.stringify(this.present)) return;
    if (now - this.changedAt > ONE_STEP_MS) this.before.push(this.present);
    if (this.before.length > MAX_STEPS) this.before.shift();
    this.present = present;
    this.changedAt = now;
  }

  /** Let the next change be a step of its own, however soon it comes. */
  begin() {
    this.changedAt = -Infinity;
  }

  /** @returns {boolean} whether there was a view before this one; it is the view again */
  back() {
    const view = this.before.pop();
    if (!view) return false;
    this.viewport.restore(view.span);
    this.plot.fixedY = view.ys;
    this.present = view;
    this.begin();
    return true;
  }

  #look() {
    return { span: this.viewport.chosen, ys: this.plot.fixedY };
  }
}
