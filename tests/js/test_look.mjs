// Colours and dashes of lines.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dashPattern, PALETTES, styleOfLine } from "../../nbstream/static/chart/look.js";
import { TILE_PX } from "../../nbstream/static/chart/tiles.js";

const GROUNDS = { light: "#ffffff", dark: "#111111" };
/** What is seen without one kind of cones, in linear light (Machado, Oliveira and Fernandes 2009). */
const EYES = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]];
const LAB = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]];

const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, factor, i) => sum + factor * vector[i], 0));
const linear = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
const luminance = (color) => times([[0.2126, 0.7152, 0.0722]], linear(color))[0];
const oklab = (color, eye) => times(LAB, times(LMS, times(eye, linear(color)).map((c) => Math.min(Math.max(c, 0), 1))).map(Math.cbrt));

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

for (const [theme, palette] of Object.entries(PALETTES)) {
  test(`the colours stand out from the ${theme} ground`, () => {
    for (const color of palette) assert.ok(contrast(color, GROUNDS[theme]) >= 4.5, `${color}: ${contrast(color, GROUNDS[theme])}`);
  });

  for (const [name, eye] of Object.entries(EYES)) {
    test(`${name} eyes tell the colours on the ${theme} ground apart`, () => {
      const labs = palette.map((color) => oklab(color, eye));
      for (let i = 0; i < labs.length; i += 1) {
        for (let k = 0; k < i; k += 1) {
          const distance = Math.hypot(...labs[i].map((part, n) => part - labs[k][n]));
          assert.ok(distance >= 0.06, `${palette[i]} and ${palette[k]}: ${distance}`);
        }
      }
    });
  }
}

test("twenty-four channels differ in colour or dash", () => {
  const looks = Array.from({ length: 24 }, (_, channel) => styleOfLine(undefined, channel, false)).map(({ color, dash }) => `${color} ${dash}`);
  assert.equal(new Set(looks).size, 24);
});

test("what the user chose goes before the palette", () => {
  const style = styleOfLine({ palette: null, color: "red", dash: "dot", width: 4, mode: "markers", shape: "hv", opacity: 0.5 }, 9, true);
  assert.deepEqual(style, { color: "red", width: 4, dash: "dot", mode: "markers", shape: "hv", markerSize: 6, opacity: 0.5 });
  assert.equal(styleOfLine({ color: "red", dash: "solid" }, 9, true).dash, "solid");
});

test("dashes of a flat line join at the borders of tiles", () => {
  for (const dash of ["dot", "dash", "longdash", "dashdot", "longdashdot"]) {
    const period = dashPattern(dash, 1).reduce((sum, length) => sum + length, 0);
    assert.equal(TILE_PX % period, 0, dash);
  }
});

test("plotly's own lists of lengths are dashes, and what isn't one is none", () => {
  assert.deepEqual(dashPattern("5px, 10px", 2), [10, 20]);
  assert.deepEqual(dashPattern("nonsense", 1), []);
  assert.deepEqual(dashPattern("solid", 1), []);
});
