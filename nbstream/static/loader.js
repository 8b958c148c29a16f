// What a widget's stub runs, once per page. It stays small: the real scripts are fetched once per page, from the
// server that the page came from or, where it has none for us, from the kernel by message.
const SCRIPTS = __SCRIPTS__;
const IS_SERVED = __IS_SERVED__;
const VIEW = "__VIEW__";
const stores = (globalThis.__nbstreamStores ??= new Map()); // by the version: an open page may have had others
if (!stores.has(SCRIPTS.app.file)) stores.set(SCRIPTS.app.file, new Map());
const store = stores.get(SCRIPTS.app.file);
const SILENCE_MS = 10_000;
const MAX_SILENCE_MS = 60_000;
const UNANSWERED = "no answer from the kernel yet. If it isn't busy, run the cell again.";
const ATTEMPTS = 4;
const PIECES_AT_ONCE = 4;
const UNPACKS = typeof DecompressionStream === "function";
const TYPE = "text/javascript";
const OTHER_VERSION = "it was updated since. Run the cell again; if that does not help, reload the page.";
const LOADING =
  "padding: 6px 8px; font: 13px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); color: var(--jp-ui-font-color2, inherit)";

function loading(name) {
  const script = SCRIPTS[name];
  if (!store.has(script.file)) store.set(script.file, new Loading(name, script));
  return store.get(script.file);
}

class Loading {
  constructor(name, { file, bytes, pieces }) {
    Object.assign(this, { name, file, bytes, heardAt: -Infinity, wait: SILENCE_MS, isStarted: false, isDone: false });
    this.pieces = Array(pieces).fill(null);
    this.left = pieces; // how many have not been unpacked yet
    this.awaited = new Set(); // numbers of the pieces that were asked for
    this.models = new Set();
    this.watchers = new Set();
    this.module = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.module.catch(() => {});
  }

  // Resolves with the module; `model` is one of those by which the kernel may be asked meanwhile.
  async show(model, signal, say) {
    this.models.add(model);
    this.watchers.add(say);
    const leave = () => {
      this.models.delete(model);
      this.watchers.delete(say);
    };
    signal?.addEventListener("abort", leave);
    if (!this.isStarted) this.start();
    else if (this.timer) this.askIfSilent();
    try {
      return await this.module;
    } finally {
      leave();
    }
  }

  async start() {
    this.isStarted = true;
    const url = IS_SERVED && UNPACKS && serverUrl();
    const blob = url && (await this.download(`${url}/nbstream/static/${this.file}.gz?v=${this.file}`));
    if (blob) return this.finish(blob);
    this.askIfSilent();
    this.timer = setInterval(() => this.askIfSilent(), 1000);
  }

  // What came before a break is kept; the rest is asked for.
  async download(url) {
    let parts = [];
    let got = 0;
    for (let attempt = 0; attempt < ATTEMPTS && !this.isDone; attempt++) {
      if (attempt) await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
      const abort = new AbortController();
      let timer = null;
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), 2 * SILENCE_MS);
      };
      try {
        watch();
        const headers = got ? { Range: `bytes=${got}-` } : {};
        const response = await fetch(url, { headers, signal: abort.signal });
        if (!response.ok) return null;
        if (response.status !== 206) [parts, got] = [[], 0];
        const all = got + Number(response.headers.get("Content-Length")) || this.bytes;
        const reader = response.body.getReader();
        for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
          watch();
          parts.push(value);
          this.progress((got += value.length) / all);
        }
        const blob = await unpacked(new Blob(parts));
        return blob.size === this.bytes ? blob : null;
      } catch {
        // the network failed
      } finally {
        clearTimeout(timer);
      }
    }
    return null;
  }

  // One request is under way at a time, for a few of the pieces that are missing; again only after silence. More
  // would wait in the server, which gives a page up that is behind by 90 s.
  askIfSilent() {
    const now = performance.now();
    if (this.isDone || !this.models.size || now - this.heardAt < this.wait) return;
    if (this.heardAt !== -Infinity) this.wait = Math.min(2 * this.wait, MAX_SILENCE_MS);
    this.heardAt = now;
    this.ask();
  }

  ask() {
    const pieces = this.pieces.flatMap((piece, i) => (piece ? [] : [i])).slice(0, PIECES_AT_ONCE);
    this.awaited = new Set(pieces);
    for (const model of this.models) {
      try {
        const more = globalThis.__nbstreamText ? { text: true } : {};
        model.send({ kind: "need", name: this.name, file: this.file, pieces, unpacks: UNPACKS, ...more });
        if (pieces[0] === 0) this.say(`nbstream: ${this.wait > SILENCE_MS ? UNANSWERED : "waiting for the kernel…"}`);
        return;
      } catch {
        // its comm is gone; another widget of the page asks
      }
    }
    this.say("nbstream: the kernel is gone. Run the cell again.");
  }

  // A piece comes in a buffer or, where buffers are lost on the way, as base64.
  async take({ piece: number, base64, gone }, buffers) {
    if (gone) return this.give(new Error(OTHER_VERSION));
    const buffer = base64 ? Uint8Array.from(atob(base64[0]), (character) => character.charCodeAt(0)) : buffers?.[0];
    if (!buffer) return this.askForText();
    this.heardAt = performance.now();
    this.wait = SILENCE_MS;
    if (this.isDone || this.pieces[number] !== null) return;
    this.pieces[number] = new Blob([buffer]);
    this.progress(this.pieces.filter(Boolean).length / this.pieces.length);
    if (this.awaited.delete(number) && !this.awaited.size && this.pieces.includes(null)) this.ask();
    try {
      this.pieces[number] = await unpacked(this.pieces[number]);
      this.left -= 1;
    } catch {
      this.pieces[number] = null; // it was pushed to pages that can unpack it
    }
    if (!this.left) this.finish(new Blob(this.pieces, { type: TYPE }));
  }

  askForText() {
    if (globalThis.__nbstreamText || this.isDone) return;
    globalThis.__nbstreamText = true;
    this.heardAt = performance.now();
    this.ask();
  }

  progress(share) {
    this.say(`nbstream: loading ${this.name}… ${Math.floor(100 * Math.min(share, 1))} %`);
  }

  say(text) {
    for (const watcher of this.watchers) watcher(text);
  }

  give(error) {
    this.isDone = true;
    clearInterval(this.timer);
    this.reject(error);
  }

  finish(blob) {
    if (this.isDone) return;
    this.isDone = true;
    clearInterval(this.timer);
    this.pieces = [];
    const url = URL.createObjectURL(blob);
    import(url).then(this.resolve, this.reject).finally(() => URL.revokeObjectURL(url));
  }
}

// What is gzip, by its first bytes, as the script in it; a server may have unpacked it already.
async function unpacked(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return new Blob([blob], { type: TYPE });
  const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Blob([await new Response(stream).arrayBuffer()], { type: TYPE });
}

// Where the server keeps the files of its extensions; null on pages that no Jupyter server made.
function serverUrl() {
  try {
    return JSON.parse(document.getElementById("jupyter-config-data").textContent).fullLabextensionsUrl ?? null;
  } catch {
    return null;
  }
}

// Whether the page was made of a saved notebook (nbconvert, Sphinx, ipywidgets.embed): then there is no kernel, and
// never will be one.
function isStill() {
  const states = 'script[type="application/vnd.jupyter.widget-state+json"]';
  return !document.getElementById("jupyter-config-data") && Boolean(document.querySelector?.(states));
}

// JupyterLab 4.6 keeps every comm for as long as its kernel lives, and by the comm's handlers the model.
function letGo(closed) {
  closed?.set?.("_view_count", null); // views that go count down by a comm that is gone, and that throws
  const comm = closed?.comm?.jsServicesComm;
  if (comm) comm.onMsg = comm.onClose = undefined;
}

function letGoWhenClosed(model) {
  for (const other of [model, model.get("layout"), model.get("style")]) {
    if (typeof other?.on === "function") other.on("destroy", letGo);
  }
}

export default () => ({
  initialize({ model }) {
    letGoWhenClosed(model);
    // The view comes a moment later; the server may begin now.
    if (IS_SERVED && !loading("app").isStarted) loading("app").start();
    model.on("msg:custom", (message, buffers) => {
      if (message?.kind !== "asset") return;
      const name = Object.keys(SCRIPTS).find((key) => SCRIPTS[key].file === message.file);
      if (name) loading(name).take(message, buffers);
    });
  },
  async render({ model, el, signal }) {
    el.classList.add("nbs");
    const note = document.createElement("div");
    note.className = `nbs-loading nbs-loading-${VIEW}`;
    note.textContent = "nbstream: loading…";
    note.style.cssText = LOADING; // the style sheet comes with the scripts
    if (isStill()) {
      note.textContent = "nbstream: not live, for this page has no kernel. What was kept of it is the picture above.";
      el.append(note);
      return;
    }
    const { height } = model.get("_begins") ?? {};
    if (height) note.style.minHeight = `${height}px`; // what comes moves little below it
    el.append(note);
    const say = (text) => (note.textContent = text);
    try {
      const app = await loading("app").show(model, signal, say);
      if (signal?.aborted) return;
      note.remove();
      const load = (name, sayMore = () => {}) => loading(name).show(model, signal, sayMore);
      return app.views[VIEW]({ model, el, load });
    } catch (error) {
      note.textContent = `nbstream could not show this: ${error?.message ?? error}`;
      console.error(error);
    }
  },
});
