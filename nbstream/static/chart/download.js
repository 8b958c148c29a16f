// What a chart shows as a file of the person who looks at it.

import { element } from "../shared/dom.js";

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob>} it as PNG
 */
export function pngOf(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/**
 * Have the browser save a file.
 * @param {Blob} blob
 * @param {string} name of the file
 */
export function saveAs(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name.replace(/[^\p{L}\p{N} ._-]+/gu, "_").slice(0, 100) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
