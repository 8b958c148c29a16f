// Which span of time a view shows: it follows the newest readings, at the window's width or at one that a zoom
// chose, looks back at a span that somebody panned to, or stands still.

import { FollowClock } from "./follow.js";

const LIVE_EDGE = 0.03; // a span whose right end is so near the edge (share of the width) goes on following
const HOLDS_LIVE_FROM = 1 / 3; // a zoom around a place left of that (share of the width) looks at the past
const SAME_WIDTH = 0.005;
const MIN_WIDTH_MS = 0.1;
const MAX_WIDTH_MS = 100 * 365.25 * 86_400_000;

export class Viewport {
  constructor() {
    this.clock = new FollowClock();
    /** Width of the window, ms. */
    this.span = 60_000;
    /** Whether there is a live edge, which a zoom near it holds; a file has none. */
    this.goesOn = true;
    /** Width of the view while it follows, if a zoom chose it. */
    this.zoomedWidth = null;
    /** What a zoom or pan away from the live edge looks at: [from, to]. */
    this.detached = null;
    this.isPaused = false;
    /** What a paused view shows, and the live edge when it was paused: {range, edge}. */
    this.still = null;
    /** What is shown while a gesture goes on, and the live edge when it began: {range, edge}. */
    this.held = null;
  }

  /** Whether readings should keep coming: the source runs and isn't historic. */
  get isDelivering() {
    return this.clock.isDelivering;
  }

  set isDelivering(isIt) {
    this.clock.isDelivering = isIt;
  }

  get isFollowing() {
    return !this.detached && !this.isPaused;
  }

  /** Whether it shows the whole window, live. */
  get isWindow() {
    return this.isFollowing && this.zoomedWidth === null;
  }

  /** Width of the view, ms. */
  get width() {
    const range = this.still?.range ?? this.detached;
    return range ? range[1] - range[0] : (this.zoomedWidth ?? this.span);
  }

  /** Whether the view is wider or narrower than the window. */
  get isZoomed() {
    return !isNear(this.width, this.span);
  }

  /** @returns {[number, number]} what the view shows at page time `now`, epoch ms */
  range(now) {
    return this.held?.range ?? this.still?.range ?? this.detached ?? this.#followed(now);
  }

  /**
   * Take the window's width.
   * @param {number} span ms
   * @param {boolean} isChosen whether somebody chose another window; else it only breathes (a window of n readings)
   */
  takeWindow(span, isChosen) {
    this.span = span;
    if (isChosen) this.showWindow();
  }

  /** Show as much as the window, with the right edge where it is. */
  showWindow() {
    this.zoomedWidth = null;
    const widened = ([, to]) => [to - this.span, to];
    if (this.detached) this.detached = widened(this.detached);
    if (this.still) this.still.range = widened(this.still.range);
    if (this.held) this.held.range = widened(this.held.range);
  }

  /**
   * Show a span that a person chose: follow at its width if it reaches to the live edge, else stay there.
   * @param {number} from epoch ms
   * @param {number} to epoch ms
   * @param {number} [now] page time, ms
   */
  lookAt(from, to, now = performance.now()) {
    const { range, edge } = this.held ?? this.still ?? this.#live(now);
    const isLive = to >= edge - LIVE_EDGE * (range[1] - range[0]);
    this.#show(isLive ? edge : to, to - from, isLive);
  }

  /**
   * Zoom, and keep a time where it is; or the live edge, where that is in view and the time isn't far from it.
   * @param {number} factor of the width, < 1 to see less
   * @param {number | null} [time] epoch ms, null for the right edge of a view that follows, else the middle
   * @param {number} [now] page time, ms
   */
  zoom(factor, time = null, now = performance.now()) {
    const [from, to] = this.range(now);
    const next = Math.min(Math.max((to - from) * factor, MIN_WIDTH_MS), MAX_WIDTH_MS);
    const share = time === null ? 0.5 : (time - from) / (to - from);
    if (this.goesOn && this.isAtLive && share >= HOLDS_LIVE_FROM) return this.#show(to, next, true);
    const { edge } = this.held ?? this.still ?? this.#live(now);
    const right = to + (1 - share) * (next - (to - from));
    this.#show(Math.min(right, edge), next, right >= edge);
  }

  /** Move the view by so many ms, into the past if they are < 0. */
  pan(ms, now = performance.now()) {
    const [from, to] = this.range(now);
    const { edge } = this.held ?? this.still ?? this.#live(now);
    // Nothing lies beyond the live edge.
    const isLive = to + ms >= edge;
    this.#show(isLive ? edge : to + ms, to - from, isLive);
  }

  /** Whether the right edge touches live, or what was live when the view was paused. */
  get isAtLive() {
    return this.still ? this.still.range[1] >= this.still.edge : !this.detached;
  }

  /** Stand still while a gesture goes on; what is chosen meanwhile is measured by the live edge as it is now. */
  hold(now = performance.now()) {
    if (this.held) return;
    const range = this.range(now);
    const { edge } = this.still ?? this.#live(now);
    this.held = { range: [...range], edge };
  }

  /** The gesture has ended. */
  release(now = performance.now()) {
    if (!this.held) return;
    const [, to] = this.held.range;
    this.held = null;
    if (this.isFollowing) this.clock.goOnFrom(to, now);
  }

  /** Stand still, or follow again at the width of the view. */
  pause(isPaused, now = performance.now()) {
    if (isPaused === this.isPaused) return;
    if (isPaused) {
      const range = this.range(now);
      const { edge } = this.#live(now);
      this.still = { range: [...range], edge };
      this.detached = null;
    } else {
      this.zoomedWidth = this.isZoomed ? this.width : null;
      this.still = null;
      this.detached = null;
    }
    this.isPaused = isPaused;
  }

  /** Forget what somebody zoomed and panned to; a pause stays. */
  reset() {
    this.detached = null;
    this.zoomedWidth = null;
    this.held = null;
    if (this.still) this.still.range = [this.still.edge - this.span, this.still.edge];
  }

  /** Follow again, at the width of the view. */
  goLive() {
    const { width } = this;
    if (this.still) this.still.range = [this.still.edge - width, this.still.edge];
    this.zoomedWidth = isNear(width, this.span) ? null : width;
    this.detached = this.held = null;
  }

  /**
   * What a person made of the view: where it stands, null at the live edge, and its width, null for the window's.
   * @type {{range: [number, number] | null, width: number | null}}
   */
  get chosen() {
    const range = this.still?.range ?? this.detached;
    return { range: this.isAtLive ? null : [...range], width: this.isZoomed ? this.width : null };
  }

  /** Be as `chosen` was; a pause stays. */
  restore({ range, width }) {
    const { still } = this;
    this.held = null;
    this.zoomedWidth = width;
    if (still) still.range = range ?? [still.edge - (width ?? this.span), still.edge];
    else this.detached = range;
  }

  #show(end, wide, isLive) {
    const width = Math.min(Math.max(wide, MIN_WIDTH_MS), MAX_WIDTH_MS);
    const range = [end - width, end];
    if (this.held) this.held.range = range;
    if (this.still) this.still.range = range;
    else this.detached = isLive ? null : range;
    this.zoomedWidth = isNear(width, this.span) ? null : width;
  }

  #followed(now) {
    const wide = this.zoomedWidth ?? this.span;
    const edge = this.clock.edge(now, wide) ?? Date.now();
    return [edge - wide, edge];
  }

  #live(now) {
    const range = this.#followed(now);
    return { range: this.detached ?? range, edge: range[1] };
  }
}

function isNear(width, other) {
  return Math.abs(width - other) <= SAME_WIDTH * other;
}
