// What anywidget imports for each widget. A page keeps every module it has imported, so this is as little as
// can be: the loader is text of the widget's state, imported once per page.
const KEY = "__KEY__";
export default () => {
  const loaders = (globalThis.__nbstreamLoaders ??= new Map());
  let view;
  const load = (text) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    return import(url).finally(() => URL.revokeObjectURL(url));
  };
  const of = async ({ model }) => {
    if (!loaders.has(KEY)) loaders.set(KEY, load(model.get("_loader")));
    const loader = await loaders.get(KEY);
    return (view ??= loader.default());
  };
  return { initialize: async (given) => (await of(given)).initialize(given), render: async (given) => (await of(given)).render(given) };
};
