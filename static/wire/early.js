// Takes up the socket that the page opened before its script was there, see pages/early.js.

/** A socket to `url`: at first the one that is there already, if it is to the same; what it has heard comes again. */
export function EarlyOr(url) {
  const { socket, heard, code } = globalThis.early ?? {};
  if (globalThis.early) globalThis.early.socket = null;
  if (socket?.url !== url) {
    socket?.close();
    return new WebSocket(url);
  }
  queueMicrotask(() => {
    heard.forEach((event) => socket.onmessage?.(event));
    if (code !== null) socket.onclose?.({ code });
  });
  return socket;
}
