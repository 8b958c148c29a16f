// What else a chart can do: files of what it shows, the notebook's picture, a table, bands, rows, gaps, its keys, a view as before.

import { Menu } from "../shared/menu.js";
import { tool } from "./icons.js";

/**
 * @param {object} does
 * @param {(format: "png" | "svg" | "html" | "csv") => void} does.save
 * @param {() => void} does.keep
 * @param {() => boolean} does.isTable whether a table stands in the place of the plot
 * @param {(isTable: boolean) => void} does.showTable
 * @param {() => void} does.goBack to the view before
 * @param {() => void} does.showHelp
 * @param {{k: () => number, isOn: () => boolean, toggle: () => void}} does.band of mean ± k·std
 * @param {{isOn: () => boolean, toggle: () => void}} does.rows a row for each channel
 * @param {{text: () => string, choose: () => void}} does.gap from which pause on a line breaks
 * @param {() => void} does.resetAll
 * @returns {Menu} the last button of a toolbar
 */
export function moreMenu({ save, keep, isTable, showTable, goBack, showHelp, band, rows, gap, resetAll }) {
  const opener = tool("more", "More", "More: files, keys, reset", () => {});
  return new Menu(opener, () => [
    { name: "Save as PNG", act: () => save("png") },
    { name: "Save as SVG", act: () => save("svg") },
    { name: "Save as HTML page", act: () => save("html") },
    { name: "Save readings as CSV", act: () => save("csv") },
    { name: "Keep in the notebook", act: keep },
    null,
    isTable() ? { name: "Show as chart", act: () => showTable(false) } : { name: "Show as table", act: () => showTable(true) },
    { name: `Band: mean ± ${band.k()}·std`, isOn: band.isOn(), act: band.toggle },
    { name: "A row for each channel", isOn: rows.isOn(), act: rows.toggle },
    { name: `Gap: ${gap.text()}…`, act: gap.choose },
    { name: "Back to the view before", key: "Backspace", act: goBack },
    { name: "Keys", key: "?", act: showHelp },
    { name: "Reset all", act: resetAll },
  ]);
}
