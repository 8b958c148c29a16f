// Files of what a view shows that the kernel makes: they come zipped, in pieces, one after the other.

const EVERY_MS = 350; // a server drops what is more than 1 MB/s
const PATIENCE_MS = 4000;
const ATTEMPTS = 5;
const TYPES = { svg: "image/svg+xml", html: "text/html", csv: "text/csv" };

export class KernelFiles {
  /**
   * @param {(command: object, onAnswer: (error: string, value?: any) => void) => void} ask
   * @param {(message: object) => boolean} send
   */
  constructor(ask, send) {
    this.ask = ask;
    this.send = send;
    this.waiting = null;
  }

  /**
   * @param {"svg" | "html" | "csv"} format
   * @param {[number, number] | null} span epoch ms; null is the window as it is now
   * @returns {Promise<Blob>} rejects with what was wrong
   */
  async make(format, span) {
    const [from, to] = span ?? [null, null];
    const made = await new Promise((resolve, reject) => {
      this.ask({ kind: "file", format, from, to }, (error, value) => (error ? reject(new Error(error)) : resolve(value)));
    });
    const pieces = [];
    for (let number = 0; number < made.pieces; number++) {
      if (number) await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      pieces.push(await this.#piece(made.file, number));
    }
    const plain = new Blob(pieces).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Blob([await new Response(plain).arrayBuffer()], { type: TYPES[format] });
  }

  /** Take a piece. */
  take({ file, number }, [buffer]) {
    const { waiting } = this;
    if (!waiting || waiting.file !== file || waiting.number !== number) return;
    this.waiting = null;
    waiting.resolve(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice());
  }

  async #piece(file, number) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const piece = new Promise((resolve) => (this.waiting = { file, number, resolve }));
      const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
      this.send({ kind: "piece", file, number });
      const data = await Promise.race([piece, late]);
      if (data) return data;
    }
    throw new Error("The kernel did not answer. Try again.");
  }
}
