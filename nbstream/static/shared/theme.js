// Light or dark: the notebook's theme, else the system's.

/** @returns {boolean} */
export function isDark() {
  const light = document.body?.dataset.jpThemeLight;
  if (light === "false") return true;
  if (light === "true") return false;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Call `onChange` whenever the theme changes, until `signal` aborts. */
export function watchTheme(onChange, signal) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", onChange, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
}

/** What of the figure follows the theme, as a relayout. */
export function themeLayout() {
  const ink = isDark() ? "#c9ccd1" : "#42464d";
  const grid = isDark() ? "rgba(255,255,255,0.11)" : "rgba(0,0,0,0.09)";
  const line = isDark() ? "rgba(255,255,255,0.25)" : "rgba(0,0,0,0.22)";
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    "font.color": ink,
    "xaxis.gridcolor": grid,
    "yaxis.gridcolor": grid,
    "xaxis.linecolor": line,
    "yaxis.linecolor": line,
    "yaxis.zerolinecolor": grid,
    "modebar.color": isDark() ? "rgba(255,255,255,0.35)" : "rgba(0,0,0,0.3)",
    "modebar.activecolor": isDark() ? "#fff" : "#000",
  };
}
