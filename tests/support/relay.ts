import { afterAllFiles } from "./cleanup.ts";
import type { Frame } from "./socket.ts";

/** A relay in front of a server. A test reads the frames that pass, and changes those that the server sends. */
export interface Relay {
  url: string;
  /** Every frame that clients have sent, in order. */
  readonly sent: Frame[];
  /** The path and query of each socket that clients have opened, in order. */
  readonly paths: string[];
  /** The frames passed on in place of a frame of the server: none, one or several. Default: the frame itself. */
  rewrite: (frame: Frame) => Frame[];
  /** Sends this to every open client, as if the server had. */
  inject(frame: Frame): void;
  /** Ends the open sockets. */
  cut(): void;
  stop(): Promise<void>;
}

interface Side {
  path: string;
  cookie: string | null;
  up?: WebSocket;
  /** Frames that the client sent before the connection to the server was open. */
  early: string[];
}

/** Relays HTTP as it is, and sockets frame by frame, to a real server. */
export function startRelay(target: string): Relay {
  const clients = new Set<Bun.ServerWebSocket<Side>>();
  const relay: Relay = {
    url: "",
    sent: [],
    paths: [],
    rewrite: (frame) => [frame],
    inject(frame) {
      for (const client of clients) client.send(JSON.stringify(frame));
    },
    cut() {
      for (const client of clients) client.terminate();
    },
    stop: () => gate.stop(true),
  };
  const gate = Bun.serve<Side>({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      const { pathname, search } = new URL(request.url);
      const data: Side = { path: pathname + search, cookie: request.headers.get("cookie"), early: [] };
      if (pathname.startsWith("/ws/") && server.upgrade(request, { data })) return undefined;
      const headers = new Headers(request.headers);
      for (const name of ["host", "origin", "sec-fetch-site", "accept-encoding"]) headers.delete(name);
      return fetch(target + pathname + search, {
        method: request.method,
        headers,
        body: request.body,
        redirect: "manual",
      });
    },
    websocket: {
      open(client) {
        clients.add(client);
        relay.paths.push(client.data.path);
        const { path, cookie, early } = client.data;
        const headers = cookie ? { Cookie: cookie } : {};
        const up = new WebSocket(target.replace(/^http/, "ws") + path, { headers });
        client.data.up = up;
        up.onopen = () => {
          for (const text of early.splice(0)) up.send(text);
        };
        up.onmessage = ({ data }) => {
          for (const frame of relay.rewrite(JSON.parse(String(data)))) client.send(JSON.stringify(frame));
        };
        up.onclose = ({ code, reason }) => client.close(code >= 1000 && code !== 1006 ? code : 1011, reason);
        up.onerror = () => {};
      },
      message({ data: { up, early } }, message) {
        const text = String(message);
        relay.sent.push(JSON.parse(text));
        if (up?.readyState === WebSocket.OPEN) up.send(text);
        else early.push(text);
      },
      close(client) {
        clients.delete(client);
        client.data.up?.close();
      },
    },
  });
  relay.url = `http://127.0.0.1:${gate.port}`;
  afterAllFiles(() => relay.stop());
  return relay;
}
