// What anywidget imports for each widget. A page keeps every module that it has imported, and what it compiled
// of it, so this is as little as can be: the loader is text of the widget's state, imported once per page. What
// is exported holds no widget.
export default globalThis.__nbstreamLoaders?.get("__KEY__") ?? first;

// Not compiled but for the first widgets of a page.
function first() {
  const key = "__KEY__";
  const loaders = (globalThis.__nbstreamLoaders ??= new Map());
  const imports = (globalThis.__nbstreamImports ??= new Map());
  const load = async (text) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const { default: factory } = await import(url).finally(() => URL.revokeObjectURL(url));
    loaders.set(key, factory);
    return factory;
  };
  let view;
  const of = async ({ model }) => {
    if (!imports.has(key)) imports.set(key, load(model.get("_loader")));
    const factory = await imports.get(key);
    return (view ??= factory());
  };
  return { initialize: async (given) => (await of(given)).initialize(given), render: async (given) => (await of(given)).render(given) };
}
