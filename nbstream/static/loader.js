// The module that anywidget loads. It stays small: the page asks for the real scripts once, as binary
// messages, and keeps them by the hash of their content, however many widgets it shows.
const HASHES = { app: "__APP__", plotly: "__PLOTLY__" };
const pending = (globalThis.__nbstreamAssets ??= new Map());
const RETRY_MS = 5000;

function asset(model, name, signal) {
  const hash = HASHES[name];
  if (!pending.has(hash)) pending.set(hash, Promise.withResolvers ? Promise.withResolvers() : deferred());
  const entry = pending.get(hash);
  if (entry.done) return entry.promise;
  const onMessage = (message, buffers) => {
    if (message.kind !== "asset" || message.name !== name || entry.done) return;
    entry.done = true;
    const url = URL.createObjectURL(new Blob([buffers[0]], { type: "text/javascript" }));
    import(url).then(entry.resolve, entry.reject).finally(() => URL.revokeObjectURL(url));
  };
  const ask = () => {
    try {
      model.send({ kind: "need", name });
    } catch {
      // the comm is gone; another widget of the page asks
    }
  };
  model.on("msg:custom", onMessage);
  if (!entry.asked) ask();
  entry.asked = true;
  const timer = setInterval(ask, RETRY_MS);
  const stop = () => {
    clearInterval(timer);
    model.off("msg:custom", onMessage);
  };
  entry.promise.then(stop, stop);
  signal?.addEventListener("abort", stop);
  return entry.promise;
}

function deferred() {
  const entry = {};
  entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
  return entry;
}

export default () => {
  const shared = {};
  return {
    initialize({ model }) {
      shared.model = model;
    },
    async render({ model, el, signal }) {
      el.classList.add("nbs");
      const note = document.createElement("div");
      note.className = "nbs-loading";
      note.textContent = "nbstream: waiting for the kernel…";
      el.append(note);
      try {
        const app = await asset(model, "app", signal);
        const plotly = HASHES.plotly && (await asset(model, "plotly", signal));
        if (signal?.aborted) return;
        note.remove();
        return app.views["__VIEW__"]({ model, el, shared, plotly });
      } catch (error) {
        note.textContent = `nbstream could not show this: ${error?.message ?? error}`;
        console.error(error);
      }
    },
  };
};
