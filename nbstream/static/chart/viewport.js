// Which span of time a view shows: it follows the newest readings, at the window's width or at one that a zoom
// chose, looks back at a span that somebody panned to, or stands still.

import { FollowClock } from "./follow.js";

const LIVE_EDGE = 0.03; // a zoom whose right end is so near the edge (share of the width) goes on following

export class Viewport {
  constructor() {
    this.clock = new FollowClock();
    /** Width of the window, ms. */
    this.span = 60_000;
    /** Width of the view while it follows, if a zoom chose it. */
    this.zoomedWidth = null;
    /** What a zoom or pan away from the live edge looks at: [from, to]. */
    this.detached = null;
    /** What was shown when the view last followed. */
    this.followed = { from: 0, to: Infinity };
    /** The range of the y axis, if somebody chose it. */
    this.manualY = null;
    this.isPaused = false;
  }

  get isFollowing() {
    return !this.detached && !this.isPaused;
  }

  /** Whether it shows anything else than the whole window, live. */
  get isElsewhere() {
    return !this.isFollowing || this.zoomedWidth !== null;
  }

  get width() {
    return this.zoomedWidth ?? this.span;
  }

  /** @returns {[number, number]} what a following view shows at page time `now`, epoch ms */
  range(now) {
    const edge = this.clock.edge(now) ?? Date.now();
    return [edge - this.width, edge];
  }

  /** Look at a span that a person chose: follow if it reaches to the live edge, else stay there. */
  lookAt(from, to) {
    // The edge as it was when the drag began: the view stood still since.
    const { from: left, to: edge } = this.followed;
    if (!this.isPaused && to >= edge - LIVE_EDGE * (edge - left)) {
      this.zoomedWidth = to - from;
      this.detached = null;
    } else {
      this.detached = [from, to];
    }
  }

  /** Stand still, or follow again. */
  pause(isPaused) {
    this.isPaused = isPaused;
    if (!isPaused) this.detached = null;
  }

  /** Forget what somebody zoomed and panned to; a pause stays. */
  reset() {
    this.detached = null;
    this.zoomedWidth = null;
    this.manualY = null;
  }
}
