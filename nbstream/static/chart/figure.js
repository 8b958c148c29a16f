// plotly's own widget view inside ours: one figure model per widget, one figure view per page view.

import { newRequest } from "../shared/panel.js";

const ASK_AGAIN_MS = 5000;

/**
 * Show the figure of a widget.
 * @param {object} options
 * @param {any} options.plotly the module of plotly's widget bundle
 * @param {{model: any, factory?: any, recorded?: any[]}} options.shared what all views of the widget share
 * @param {HTMLElement} options.el where the figure goes
 * @returns {Promise<() => void>} resolves with the clean-up when the figure is drawn
 */
export async function showFigure({ plotly, shared, el }) {
  shared.ready ??= makeModel(shared, plotly);
  await shared.ready;
  const drawn = new Promise((resolve) => {
    const onRender = (event) => {
      if (event.detail.element !== el) return;
      document.removeEventListener("plotlywidget-after-render", onRender);
      resolve();
    };
    document.addEventListener("plotlywidget-after-render", onRender);
  });
  // plotly's view listens to the model and never stops: remember what it adds, to remove it with the view.
  shared.recorded = [];
  const remove = shared.factory.render({ el });
  const recorded = shared.recorded;
  shared.recorded = null;
  await drawn;
  return () => {
    for (const [name, callback] of recorded) shared.model.off(name, callback);
    remove();
  };
}

/**
 * Make plotly's figure model, which applies changes from then on; those that came before, while the scripts
 * were on their way, the loader has kept.
 */
async function makeModel(shared, plotly) {
  const { changes, model } = shared;
  if (changes.isCut) await presentFigure(model);
  shared.factory = plotly.default();
  shared.recorded = [];
  shared.factory.initialize({ model: recordingModel(shared) });
  const listeners = shared.recorded;
  shared.recorded = null;
  for (const [name, value] of changes) {
    shared.replayed = { name, value };
    for (const [event, callback] of listeners) if (event === `change:${name}`) callback();
  }
  shared.replayed = null;
  Object.assign(changes, { length: 0, isTaken: true });
}

/** Ask the kernel for the figure as it is now; resolves when the model holds it. */
function presentFigure(model) {
  const request = newRequest();
  return new Promise((resolve) => {
    const ask = () => {
      try {
        model.send({ kind: "figure", request });
      } catch {
        // no kernel: what the model holds must do
        finish();
      }
    };
    const onMessage = (message) => message.kind === "reply" && message.request === request && finish();
    const timer = setInterval(ask, ASK_AGAIN_MS);
    const finish = () => {
      clearInterval(timer);
      model.off("msg:custom", onMessage);
      resolve();
    };
    model.on("msg:custom", onMessage);
    ask();
  });
}

function recordingModel(shared) {
  const { model } = shared;
  return {
    get: (name) => (shared.replayed?.name === name ? shared.replayed.value : model.get(name)),
    set: (name, value) => model.set(name, value),
    save_changes: () => model.save_changes(),
    send: (...message) => model.send(...message),
    on(name, callback) {
      shared.recorded?.push([name, callback]);
      model.on(name, callback);
    },
    off: (name, callback) => model.off(name, callback),
  };
}
