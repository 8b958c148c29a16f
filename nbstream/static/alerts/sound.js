// The sound of an alert.

const RESUME_MS = 300;
const LATE_MS = 5000; // an alert that is heard later than this would be taken for a new one

/** A short sound, made here: two tones for what is critical, else one. */
export class Sound {
  constructor() {
    this.context = null;
    this.started = null; // the newest try to start the context
    this.problem = "";
  }

  /** Whether there is a sound; call it in a click, for browsers keep pages silent that nobody touched. */
  async enable() {
    try {
      const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
      if (!Context) throw new Error("none");
      this.context ??= new Context();
    } catch {
      this.problem = "This browser has no sound for pages.";
      return false;
    }
    try {
      // Where it is not allowed, browsers leave this promise open for ever.
      if (this.context.state !== "running") {
        this.started = this.context.resume();
        await Promise.race([this.started, waitMs(RESUME_MS)]);
      }
    } catch {
      // said below
    }
    const isReady = this.context.state === "running";
    this.problem = isReady ? "" : "The browser keeps this page silent until you click in it.";
    return isReady;
  }

  async play(severity) {
    const asked = performance.now();
    const isReady = await this.enable();
    if (!this.context) return;
    try {
      // A device that wakes up, or a busy page, may take longer than the answer did.
      if (!isReady) await this.started;
      if (performance.now() - asked > LATE_MS) return;
      this.problem = "";
      const start = this.context.currentTime;
      this.tone(severity === "info" ? 520 : 660, start);
      if (severity === "critical") this.tone(880, start + 0.22);
    } catch {
      this.problem = "The sound could not be played.";
    }
  }

  tone(frequency, at) {
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.12, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + 0.18);
    oscillator.connect(gain);
    gain.connect(this.context.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.2);
  }
}

function waitMs(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
