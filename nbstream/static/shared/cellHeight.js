// A cell that runs again keeps its height until what is new has grown: a page that jumps loses its reader.

const FRAME = ".jp-Cell"; // its outputs are not displayed while there are none
const OUTPUTS = ".jp-OutputArea";
const ENOUGH = 0.97;
const LOOK_MS = 100;
const SETTLED_MS = 1500; // what has not changed for so long is all there will be
const KEEP_MS = 20_000;
const COMING = ".nbs-loading, .nbs-dashboard:empty, .jupyter-widgets:empty";

const keepers = new WeakMap(); // by frame

/**
 * Have the cell around an element keep its height when it runs again. Other hosts than JupyterLab don't need it.
 * @param {HTMLElement} el which may get into the page later
 * @returns {() => void} what ends that; a cell that was cleared just then still keeps its height
 */
export function keepCellHeight(el) {
  const observer = new ResizeObserver(() => {
    const frame = el.closest(FRAME);
    const outputs = frame?.querySelector(OUTPUTS);
    if (!frame) return;
    observer.disconnect();
    if (outputs && !keepers.has(frame)) keepers.set(frame, new Keeper(frame, outputs));
  });
  observer.observe(el);
  return () => observer.disconnect();
}

class Keeper {
  constructor(frame, outputs) {
    this.frame = frame;
    this.outputs = outputs;
    this.timer = null;
    this.height = 0;
    this.sizes = new ResizeObserver(() => {
      if (this.timer !== null || this.outputs.children.length === 0) return;
      this.height = this.frame.getBoundingClientRect().height;
      this.grown = this.measure();
    });
    this.sizes.observe(outputs);
    this.changes = new MutationObserver((records) => {
      if (records.some(({ removedNodes }) => removedNodes.length > 0)) this.hold();
    });
    this.changes.observe(outputs, { childList: true });
  }

  /** @returns {number} px of the outputs alone: the frame is as high as it is kept */
  measure() {
    let height = 0;
    for (const output of this.outputs.children) height += output.getBoundingClientRect().height;
    return height;
  }

  /** Called before the page is laid out anew. */
  hold() {
    this.heldAt = this.changedAt = performance.now();
    if (this.height === 0 || this.timer !== null) return;
    this.seen = 0;
    this.frame.style.minHeight = `${this.height}px`;
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  look() {
    const now = performance.now();
    const height = this.measure();
    const isRunning = this.frame.querySelector(".jp-InputPrompt")?.textContent.includes("*");
    const isComing = isRunning || this.outputs.querySelector(COMING) !== null;
    if (height !== this.seen || isComing) this.changedAt = now;
    this.seen = height;
    const isGrown = height >= ENOUGH * this.grown && !isComing;
    if (!isGrown && now - this.changedAt < SETTLED_MS && now - this.heldAt < KEEP_MS) return;
    clearInterval(this.timer);
    this.timer = null;
    this.frame.style.minHeight = "";
    if (this.outputs.querySelector(".nbs") === null) this.close();
  }

  close() {
    this.sizes.disconnect();
    this.changes.disconnect();
    keepers.delete(this.frame);
  }
}
