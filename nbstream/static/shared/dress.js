// The style sheet of all widgets: once in a document, and once in each shadow root that a view lies in.

const SHEET = "__STYLES__"; // written here where the modules are joined
const MARK = "data-nbstream";

/**
 * Let a view be styled wherever it is put. It may be put somewhere later than it is made.
 * @param {HTMLElement} el
 */
export function dress(el) {
  wear(el.ownerDocument);
  if (el.isConnected) return wear(el.getRootNode());
  const place = new ResizeObserver(() => {
    if (!el.isConnected) return;
    place.disconnect();
    wear(el.getRootNode());
  });
  place.observe(el);
}

/** Of two versions in one page the one that came last stays. */
function wear(root) {
  const parent = root.head ?? root;
  let style = parent.querySelector(`style[${MARK}]`);
  if (!style) {
    style = (root.ownerDocument ?? root).createElement("style");
    style.setAttribute(MARK, "");
    parent.append(style);
  }
  if (style.textContent !== SHEET) style.textContent = SHEET;
}
