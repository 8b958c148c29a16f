// Notifications of the desktop.

import { countText } from "../shared/format.js";

/** Notifications of the desktop, if browser and user allow them. */
export class Desktop {
  constructor() {
    this.problem = "";
  }

  /** @returns {string} why there are none, "" if there can be */
  reason() {
    if (globalThis.isSecureContext === false) return "Desktop notifications need https, or localhost.";
    if (typeof globalThis.Notification !== "function") return "This browser has no desktop notifications.";
    if (globalThis.Notification.permission === "denied") {
      return "The browser blocks notifications of this site; its site settings can allow them.";
    }
    return this.problem;
  }

  /** Ask for permission if need be; call it in a click. */
  async enable() {
    this.problem = "";
    if (this.reason()) return false;
    let answer = globalThis.Notification.permission;
    try {
      if (answer !== "granted") answer = await globalThis.Notification.requestPermission();
    } catch {
      answer = "default";
    }
    if (answer !== "granted" && !this.reason()) this.problem = "Permission was not given.";
    return answer === "granted";
  }

  show(told, n, owner) {
    if (globalThis.Notification?.permission !== "granted") return;
    try {
      const body = n > 1 ? `${told.text} – and ${countText(n - 1)} more` : told.text;
      // The same tag in several tabs of one browser is one notification.
      const note = new globalThis.Notification(`${told.severity}: ${told.title || "alert"}`, { body, tag: `nbstream ${owner} ${told.about}` });
      note.onclick = () => globalThis.focus?.();
    } catch {
      this.problem = "This browser shows no desktop notifications for pages.";
    }
  }
}
