// What the cell keeps of a chart beside its view. The kernel renews it by its id, which JupyterLab forgets when a
// page is loaded anew; then the page puts it into the document itself.

const WAIT_MS = 1500; // for the kernel's own message, which goes another way

/**
 * Take the kernel's word that what is kept was renewed.
 * @param {{model: any, el: HTMLElement, requests: import("./panel.js").Requests}} view
 * @param {{id: string, said: string, data?: object}} message `said` stands in what is kept now; `data` is all of it,
 *   from a kernel that can't be asked any more
 */
export async function renewKept(view, { id, said, data }) {
  if (data) return put(view, id, said, data);
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  if (!(await outdated(view, id, said)).length) return;
  view.requests.ask({ kind: "kept" }, (error, value) => {
    if (!error && value?.id === id) put(view, id, said, value.data);
  });
}

async function put(view, id, said, data) {
  // Not by setData() of the output: of a cell's first one JupyterLab 4.6 renders all others anew too, the view with them.
  for (const [area, i] of await outdated(view, id, said)) area.set(i, { ...area.get(i).toJSON(), data });
}

/** The outputs beside a view, as [area, index], that are what is kept by that id, as it was earlier. */
async function outdated({ model, el }, id, said) {
  const found = [];
  for (const area of await areasAround(model.widget_manager, el)) {
    for (let i = 0; i < area.length; i++) {
      const html = [area.get(i).data["text/html"] ?? ""].flat().join("");
      if (html.includes(`data-kept="${id}"`) && !html.includes(said)) found.push([area, i]);
    }
  }
  return found;
}

/** The models of JupyterLab's output areas that an element lies in, none in other hosts. */
async function areasAround(manager, el) {
  const areas = new Set();
  const settled = async (promises) => (await Promise.allSettled(promises)).map(({ value }) => value);
  for (const model of await settled(Object.values(manager?._models ?? {}))) {
    for (const view of await settled(Object.values(model?.views ?? {}))) {
      if (!view?.el?.contains(el)) continue;
      for (let part = view.luminoWidget ?? view.pWidget; part; part = part.parent) {
        if (typeof part.model?.get === "function" && Number.isInteger(part.model.length)) areas.add(part.model);
      }
    }
  }
  return areas;
}
