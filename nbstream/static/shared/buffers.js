// Binary buffers of messages, which some hosts lose on the way (Colab). What misses them asks for text instead: base64
// in the JSON; the kernel's end is nbstream/widgets/page/buffers.py. The loader knows the same, for scripts by message.

/** @returns {boolean} whether buffers don't reach this page */
export function losesBuffers() {
  return globalThis.__nbstreamText === true;
}

/**
 * The buffers of a message.
 * @param {any} message
 * @param {(DataView | Uint8Array | ArrayBuffer)[] | null | undefined} buffers as the host hands them over
 * @returns {(DataView | Uint8Array)[] | null} null if they were lost on the way
 */
export function buffersOf(message, buffers) {
  if (message.base64) return message.base64.map(bytesOf);
  if (buffers?.length) return [...buffers].map((part) => (part instanceof ArrayBuffer ? new Uint8Array(part) : part));
  const isMissing = message.lines?.length > 0 || message.kind === "piece" || (message.kind === "overview" && message.n > 0);
  if (!isMissing) return [];
  globalThis.__nbstreamText = true;
  return null;
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
