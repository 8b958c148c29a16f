// The keys of a chart, as a list over the plot.

import { button, element } from "../shared/dom.js";
import { KEYS } from "./keys.js";

export class Help {
  constructor() {
    const close = button("×", () => this.close(), "nbs-selection-close", { "aria-label": "Close", title: "Close (Esc)" });
    this.rows = element("tbody");
    const table = element("table", {}, [element("caption", { text: "Keys, once the chart has the focus" }), this.rows]);
    this.closer = close;
    this.list(KEYS);
    this.el = element("div", { class: "nbs-help", role: "dialog", "aria-label": "Keys of the chart", tabindex: "0", hidden: true }, [close, table]);
    this.el.addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * Have other keys in the list.
   * @param {[string[], string][]} all
   */
  list(all) {
    const rows = all.map(([keys, what]) =>
      element("tr", {}, [element("th", { scope: "row" }, keys.map((text) => element("kbd", { text }))), element("td", { text: what })]),
    );
    this.rows.replaceChildren(...rows);
  }

  /** Show the list; the focus goes back to where it was when it closes. */
  open(before = document.activeElement) {
    this.before = before;
    this.el.hidden = false;
    this.closer.focus();
  }

  close() {
    this.el.hidden = true;
    this.before?.focus();
  }

  #press(event) {
    if (event.key === "Tab") return;
    if (event.key === "Escape" || event.key === "?") {
      this.close();
      event.preventDefault();
    }
    event.stopPropagation(); // the plot below has keys of its own
  }
}
