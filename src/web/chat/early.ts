// The page names this small script before its others. On a first visit it opens the client's socket and asks who is signed
// in, while the code of the page is still on its way. That saves three round trips. `early-socket.ts` gives the socket to the
// client, and the browser gives the answer to the client's own request.
// It imports nothing that the page has too: that would become a file of its own, and one more round trip.

const fact = document.querySelector<HTMLMetaElement>('meta[name="confab-signed-in"]');
/** The client asks for the same addresses. */
const SOCKET = "/ws/?accepts=ranges,threads";
const PROFILE = "/api/users/profile/";

/** Whether this browser may have stored data. The client then names the place from which it goes on. */
function wasHereBefore(): boolean {
  try {
    return localStorage.getItem("confab.known") === "1";
  } catch {
    return false;
  }
}

if (fact?.content === "true" && !wasHereBefore()) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "use-credentials", href: PROFILE });
  document.head.append(link);
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + SOCKET);
  const frames: MessageEvent[] = [];
  socket.onmessage = (frame) => frames.push(frame);
  globalThis.confabEarly = { socket, frames };
}
