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
