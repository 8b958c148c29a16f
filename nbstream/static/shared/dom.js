// Elements without HTML: text from data only ever becomes text.

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [options] `class`, `text`, event listeners as `onclick: function`, `style` as an
 *   object, any other name as an attribute (true is an empty one; null and false are left out)
 * @param {(Node | null | undefined)[]} [children]
 * @returns {HTMLElement}
 */
export function element(tag, options = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = String(value);
    else if (name === "style") Object.assign(node.style, value);
    else if (typeof value === "function") node.addEventListener(name.replace(/^on/, ""), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
