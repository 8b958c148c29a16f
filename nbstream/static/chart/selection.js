// What the readings of a selected span come to, over the plot.

import { button, element } from "../shared/dom.js";
import { numberStyle, numberText } from "../shared/format.js";

const MAX_ROWS = 12;

export class SelectionPanel {
  /** @param {() => void} cancel let the selection go */
  constructor(cancel) {
    this.body = element("div", { class: "nbs-selection-body" });
    const close = button("×", cancel, "nbs-selection-close", { "aria-label": "Let the selection go", title: "Let the selection go (Esc)" });
    this.el = element("div", { class: "nbs-selection", role: "status", hidden: true }, [close, this.body]);
  }

  /**
   * @param {{error: string} | {span: string, labels: string[], channels: {name: string, unit: string, values: (number | null)[]}[]} | null} found
   *   what the kernel says of the span; null hides it
   */
  show(found) {
    this.el.hidden = found === null;
    if (found === null) return;
    if (found.error !== undefined) {
      this.body.replaceChildren(element("p", { text: found.error }));
      return;
    }
    const { span, labels, channels } = found;
    const heads = ["", ...labels].map((text) => element("th", { scope: "col", text }));
    const rows = channels.slice(0, MAX_ROWS).map(({ name, unit, values }) => {
      const [count, low, high] = values;
      const style = numberStyle(null, [null, null, null, low, high]);
      const cells = values.map((value, i) => element("td", { text: i === 0 ? count.toLocaleString("en") : value === null ? "–" : numberText(value, style, true) }));
      return element("tr", {}, [element("th", { scope: "row", text: unit ? `${name} (${unit})` : name }), ...cells]);
    });
    const more = channels.length > MAX_ROWS ? [element("p", { text: `+${channels.length - MAX_ROWS} more` })] : [];
    this.body.replaceChildren(element("p", { text: span }), element("table", {}, [element("tr", {}, heads), ...rows]), ...more);
  }
}
