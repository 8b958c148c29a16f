// What a page of Panel (by HoloViz) imports for our widgets: shows a component of Panel's to the loader as the model
// that it gets from anywidget elsewhere, so that such a page needs no script of Jupyter's.

const loaders = new Map(); // by their text
const cleanUps = new WeakMap(); // by the view: Panel renders one anew without a word to what it rendered before

/** What the loader and the views ask of a model. */
class ComponentModel {
  constructor(component) {
    this.component = component;
    this.handlers = new Map();
    this.isOpen = true;
    component.on("msg:custom", (this.take = ({ content, buffers }) => {
      this.tell("msg:custom", JSON.parse(content), buffers.map((buffer) => new DataView(buffer)));
    }));
    component.on("traits", (this.follow = () => this.tell("change:_over")));
  }

  get(name) {
    return this.component.traits[name];
  }

  on(event, handler) {
    if (!this.handlers.has(event)) this.handlers.set(event, new Set());
    this.handlers.get(event).add(handler);
  }

  off(event, handler) {
    this.handlers.get(event)?.delete(handler);
  }

  tell(event, ...said) {
    for (const handler of [...(this.handlers.get(event) ?? [])]) handler(...said);
  }

  send(content) {
    if (this.isOpen) this.component.send_msg(JSON.stringify(content));
  }

  close() {
    this.isOpen = false;
    this.component.off("msg:custom", this.take);
    this.component.off("traits", this.follow);
  }
}

function load(text) {
  if (!loaders.has(text)) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    loaders.set(text, import(url).finally(() => URL.revokeObjectURL(url)));
  }
  return loaders.get(text);
}

export async function render({ view, model: component, el }) {
  cleanUps.get(view)?.();
  const model = new ComponentModel(component);
  const abort = new AbortController();
  let cleanUp = null;
  const end = () => {
    if (abort.signal.aborted) return;
    abort.abort();
    cleanUp?.();
    model.close();
    el.replaceChildren();
  };
  cleanUps.set(view, end);
  component.on("remove", end);
  component.on("is_over", end);
  if (component.is_over) return end();
  const { default: factory } = await load(component.loader);
  if (abort.signal.aborted) return;
  const { initialize, render: show } = factory();
  initialize({ model });
  cleanUp = await show({ model, el, signal: abort.signal });
  if (abort.signal.aborted) cleanUp?.();
}
