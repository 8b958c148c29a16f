// How the chart looks: colours of lines by theme, dashes, the colours and fonts of the host.

/** Eight colours each, at least 4.5:1 on white and on #111, told apart with and without colour vision. */
export const PALETTES = {
  light: ["#0079c3", "#b84a00", "#16795d", "#7246f7", "#d62a6b", "#4a4a00", "#8c2a7e", "#3a3fae"],
  dark: ["#7ea8fe", "#ec8b16", "#4d9270", "#9471fe", "#ffa3a6", "#e1cb4c", "#cc82b8", "#4ed5ea"],
};

/** After eight channels the colours come again, in the next dash. */
const PALETTE_DASHES = ["solid", "dash", "dot"];

/** In widths of a line of 1.5 CSS px; the periods divide a tile, so that flat lines join at its ends. */
const DASH_PATTERNS = {
  solid: [],
  dot: [2, 2],
  dash: [10, 6],
  longdash: [22, 10],
  dashdot: [9, 3, 1, 3],
  longdashdot: [20, 5, 2, 5],
};

export const FONT_PX = 11;

/**
 * @typedef {object} Look
 * @property {boolean} isDark
 * @property {string} family of the fonts
 * @property {string} ink
 * @property {string} muted
 * @property {string} surface what the chart stands on; opaque
 * @property {string} grid
 * @property {string} frame
 * @property {string} accent
 * @property {Record<string, string>} severities
 */

/**
 * Read what the host's theme says.
 * @param {Element | null} el
 * @param {boolean} isDark
 * @returns {Look}
 */
export function readLook(el, isDark) {
  const style = el?.isConnected ? getComputedStyle(el) : null;
  const read = (name, light, dark) => style?.getPropertyValue?.(name).trim() || (isDark ? dark : light);
  return {
    isDark,
    family: style?.fontFamily || 'system-ui, -apple-system, "Segoe UI", sans-serif',
    ink: read("--nbs-ink", "#24292f", "#e3e6ea"),
    muted: read("--nbs-muted", "#5b636d", "#a3abb5"),
    surface: read("--nbs-surface", "#ffffff", "#111111"),
    grid: isDark ? "rgba(255,255,255,0.09)" : "rgba(0,0,0,0.08)",
    frame: isDark ? "rgba(255,255,255,0.22)" : "rgba(0,0,0,0.2)",
    accent: read("--nbs-accent", "#2a5ac4", "#7ba6ff"),
    severities: {
      info: read("--nbs-info", "#2463c9", "#7ba6ff"),
      warning: read("--nbs-warning", "#9a5200", "#f5a742"),
      critical: read("--nbs-critical", "#c62a2a", "#ff7b72"),
    },
  };
}

/**
 * @typedef {object} LineStyle
 * @property {string} color
 * @property {number} width CSS px
 * @property {string} dash
 * @property {string | null} mode "lines", "markers", "lines+markers", or null to choose by density
 * @property {"linear" | "hv"} shape
 * @property {number} markerSize CSS px
 * @property {number} opacity
 * @property {boolean} [hasFill] whether the area down to zero is filled
 */

/**
 * How a line is drawn, by what the kernel says of it.
 * @param {any} line of meta.figure
 * @param {number} channel its number, which chooses the colour where nothing else does
 * @param {boolean} isDark
 * @returns {LineStyle}
 */
export function styleOfLine(line, channel, isDark) {
  const palette = PALETTES[isDark ? "dark" : "light"];
  const number = line?.palette ?? channel;
  const isChosen = line?.color || (line?.dash && line.dash !== "solid");
  return {
    color: line?.color || palette[number % palette.length],
    width: line?.width ?? 1.5,
    dash: isChosen ? (line.dash ?? "solid") : PALETTE_DASHES[Math.floor(number / palette.length) % PALETTE_DASHES.length],
    mode: line?.mode ?? null,
    shape: line?.shape === "hv" ? "hv" : "linear",
    markerSize: line?.markerSize ?? 6,
    opacity: line?.opacity ?? 1,
    ...(line?.fill ? { hasFill: true } : {}),
  };
}

/** @returns {number[]} on and off, in `unit`s; plotly's "5px,10px" too */
export function dashPattern(dash, unit) {
  const given = DASH_PATTERNS[dash] ?? String(dash).match(/[\d.]+/g)?.map(Number).filter((n) => n < 1000) ?? [];
  return given.map((length) => length * unit);
}
