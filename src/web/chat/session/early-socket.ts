declare global {
  /** The socket that `early.ts` has opened, and the frames that it has received. */
  var confabEarly: { socket: WebSocket; frames: MessageEvent[] } | undefined;
}

/** Returns the early socket, once, if it has this address and is not closed. */
function takeEarly(url: string): WebSocket | undefined {
  const early = globalThis.confabEarly;
  globalThis.confabEarly = undefined;
  if (!early) return undefined;
  const { socket, frames } = early;
  if (socket.url !== new URL(url).href || socket.readyState > WebSocket.OPEN) {
    socket.onmessage = null;
    socket.close();
    return undefined;
  }
  // The client sets its own listener in this turn.
  queueMicrotask(() => {
    for (const frame of frames) socket.onmessage?.(frame);
  });
  return socket;
}

/** A WebSocket that may be open already. */
export const EarlySocket = new Proxy(WebSocket, {
  construct: (Socket, [url, ...more]: [string, ...string[]]) => takeEarly(url) ?? new Socket(url, ...more),
});
