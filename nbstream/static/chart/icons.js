// The signs on the chart's buttons: strokes in the text's colour on a field of 16 px.

import { button } from "../shared/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  zoom: "M11 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0M10 10l3.5 3.5M7 5.25v3.5M5.25 7h3.5",
  pan: "M2 8h12M4.5 5.5 2 8l2.5 2.5M11.5 5.5 14 8l-2.5 2.5",
  select: "M3.5 2.5v11M12.5 2.5v11M5.5 8h1.5M9 8h1.5",
  fitY: "M3 2h10M3 14h10M8 4.5v7M6 6.5l2-2 2 2M6 9.5l2 2 2-2",
  live: "M13 3v10M3 8h7M7 5l3 3-3 3",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  resume: "M5 3.5v9l7-4.5z",
  picture: "M2.5 5.5h2.25L6 3.5h4l1.25 2h2.25v7h-11zM10 8.75a2 2 0 1 1-4 0 2 2 0 0 1 4 0",
  picture: "M2.5 5.5h2.25L6 3.5h4l1.25 2h2.25v7h-11zM10 8.75a2 2 0 1 1-4 0 2 2 0 0 1 4 0",
  more: "M4 8a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0M8.6 8a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0M13.2 8a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0",
};

/** @returns {Element} an icon; it says nothing to who cannot see it */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    class: "nbs-svg",
    viewBox: "0 0 16 16",
    width: "16",
    height: "16",
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "1.4",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
  })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** @returns {HTMLElement} a button that has a sign only; its name is for who cannot see it */
export function tool(sign, name, title, onclick, className = "") {
  const node = button("", () => onclick(), `nbs-tool ${className}`.trim(), { "aria-label": name, title });
  node.append(icon(sign));
  return node;
}

/** @returns {Element} a short stroke of a line, as it is drawn on the chart */
export function swatch(color, dash) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "nbs-swatch");
  svg.setAttribute("viewBox", "0 0 22 8");
  svg.setAttribute("width", "22");
  svg.setAttribute("height", "8");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", "M1 4h20");
  line.setAttribute("stroke", color);
  line.setAttribute("stroke-width", "2.5");
  if (dash.length) line.setAttribute("stroke-dasharray", dash.join(" "));
  svg.append(line);
  return svg;
}
