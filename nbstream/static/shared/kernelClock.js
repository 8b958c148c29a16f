// The kernel's clock as a page knows it. A frame says when it was made; when it comes says nothing about that.

const JUMP_MS = 1000;
const DRIFT_MS = 0.01;
/** Without a better measure the clocks are taken as equal; more than this is not a frame's delay. */
const MAX_DELAY_MS = 600_000;

export class KernelClock {
  constructor() {
    this.forget();
    this.askedAt = null;
    /** Kernel time of the newest frame, ms since the epoch. */
    this.heard = null;
  }

  forget() {
    // The kernel's clock is behind the page's by so many ms at least and at most.
    this.low = -Infinity;
    this.high = Infinity;
    this.offset = Date.now() - performance.now();
  }

  /** The kernel is asked for something now: its answer is not older than this. */
  ask() {
    this.askedAt ??= Date.now();
  }

  /**
   * Hear the kernel's time.
   * @param {number} kernelMs ms since the epoch
   * @param {boolean} [isAnswer] whether it answers what was asked
   */
  hear(kernelMs, isAnswer = false) {
    const at = Date.now();
    if (Math.abs(at - performance.now() - this.offset) > JUMP_MS) {
      this.forget(); // the page's clock was set, or the machine slept
      this.askedAt = null;
    }
    this.heard = kernelMs;
    const high = at - kernelMs;
    const low = isAnswer && this.askedAt !== null ? this.askedAt - kernelMs : -Infinity;
    if (isAnswer) this.askedAt = null;
    this.high = Math.min(this.high + DRIFT_MS, high);
    this.low = Math.max(this.low - DRIFT_MS, low);
    if (this.low > this.high) [this.low, this.high] = [low, high]; // the kernel's clock was set
  }

  /** @returns {number} the kernel's time now, ms since the epoch */
  now() {
    const isOdd = this.low === -Infinity && this.high > MAX_DELAY_MS && this.high < Infinity;
    return Date.now() - (isOdd ? this.high : Math.min(Math.max(0, this.low), this.high));
  }

  /** @returns {number} seconds since the newest frame was made */
  lateness() {
    return this.heard === null ? 0 : Math.max(0, (this.now() - this.heard) / 1000);
  }

  /** @returns {number | null} seconds since `time`, never negative; null if there is none */
  age(time) {
    return time === null || time === undefined ? null : Math.max(0, (this.now() - time) / 1000);
  }
}
