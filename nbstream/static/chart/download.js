// A picture of a chart as a file of the person who looks at it.

import { element } from "../shared/dom.js";

/**
 * Have the browser save a canvas as a PNG file.
 * @param {HTMLCanvasElement} canvas
 * @param {string} name of the file
 */
export async function saveAs(canvas, name) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name.replace(/[^\p{L}\p{N} ._-]+/gu, "_").slice(0, 100) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
