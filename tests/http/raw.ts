import type { Answer } from "../support/client.ts";

/** Sends these bytes over a TCP connection of their own and reads the first answer, as no HTTP client would. */
export async function rawRequest(url: string, head: string[], body: string | Uint8Array = ""): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, chunk) {
        text += chunk.toString("latin1");
        if (isComplete(text, head[0])) resolve(text);
      },
      close: () => resolve(text),
      error: (_, error) => reject(error),
    },
  });
  const timer = setTimeout(() => reject(new Error(`no whole answer came: ${text}`)), 5_000);
  try {
    const bytes = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]);
    let sent = 0;
    while (sent < bytes.length && !isComplete(text, head[0])) {
      const written = socket.write(bytes.subarray(sent));
      if (written < 0) break;
      sent += written;
      if (written === 0) await Bun.sleep(1);
    }
    return parse(await promise);
  } finally {
    clearTimeout(timer);
    socket.terminate();
  }
}

/** The answer to a WebSocket handshake, whatever it is. */
export const handshake = (url: string, path: string, headers: Record<string, string | undefined> = {}) => {
  const all: Record<string, string | undefined> = {
    Host: new URL(url).host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return rawRequest(url, [`GET ${path} HTTP/1.1`, ...lines]);
};

function isComplete(text: string, requestLine = ""): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  if (/^HTTP\/1.1 (101|204|304) /.test(text) || requestLine.startsWith("HEAD ")) return true;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length !== undefined && text.length - end - 4 >= Number(length);
}

function parse(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  const content = Buffer.from(text.slice(end + 4), "latin1").toString("utf8");
  return {
    status: Number(statusLine.split(" ")[1]),
    headers,
    text: content,
    body: content.startsWith("{") ? JSON.parse(content) : undefined,
  };
}
