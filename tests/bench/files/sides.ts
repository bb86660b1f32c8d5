import { Connection } from "./connection.ts";

/** One of the two servers that are measured in turn. */
export interface Side {
  name: string;
  pid: number;
  /** Takes in a file. Resolves with its address when the server has promised to keep it. */
  upload(how: How, bytes: number): Promise<string>;
  /** Reads a file or a part of it; the bytes that came. */
  download(path: string, range?: string): Promise<number>;
  remove(path: string): Promise<void>;
}

/** All bytes in one request of tus, in parts of 8 MiB, or in one request without tus. */
export type How = "tus" | "tus in parts" | "post";

const PART_BYTES = 8 * 1024 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };

/** Opens a connection for each operation, as a browser's page often has none. */
async function withConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.open(url);
  try {
    return await work(connection);
  } finally {
    connection.cut();
  }
}

async function ask(connection: Connection, ...[request]: Parameters<Connection["ask"]>) {
  const answer = await connection.ask(request);
  if (answer.status >= 300) throw new Error(`${request.method} ${request.path}: ${answer.status} ${answer.text}`);
  return answer;
}

async function download(url: string, path: string, headers: Record<string, string>) {
  const answer = await withConnection(url, (connection) => ask(connection, { method: "GET", path, headers }));
  return answer.bytes;
}

/** Where the next part begins. One part takes all. */
function* parts(how: How, bytes: number) {
  const most = how === "tus in parts" ? PART_BYTES : bytes;
  for (let offset = 0; offset < bytes; offset += most) yield { offset, length: Math.min(most, bytes - offset) };
}

let stored = 0;

export function bareSide(url: string, pid: number): Side {
  return {
    name: "bare",
    pid,
    upload: (how, bytes) =>
      withConnection(url, async (connection) => {
        const path = `/file${++stored}`;
        for (const { offset, length } of parts(how, bytes))
          await ask(connection, { method: "PUT", path: `${path}?offset=${offset}`, body: length });
        return path;
      }),
    download: (path, range) => download(url, path, range === undefined ? {} : { Range: range }),
    remove: (path) =>
      withConnection(url, async (connection) => void (await ask(connection, { method: "DELETE", path }))),
  };
}

export function confabSide(url: string, pid: number, cookie: string): Side {
  const headers = { Cookie: cookie, Origin: url };
  const own = (connection: Connection, request: Parameters<Connection["ask"]>[0]) =>
    ask(connection, { ...request, headers: { ...headers, ...request.headers } });
  return {
    name: "Confab",
    pid,
    upload: (how, bytes) =>
      withConnection(url, async (connection) => {
        if (how === "post") {
          const { text } = await own(connection, { method: "POST", path: "/api/files/?name=film.bin", body: bytes });
          return `/api/files/${JSON.parse(text).data.id}/film.bin`;
        }
        const path = await begin(connection, headers, bytes);
        for (const { offset, length } of parts(how, bytes)) await own(connection, patch(path, offset, length));
        const { text } = await own(connection, { method: "GET", path: `${path}?wait=20` });
        if (JSON.parse(text).data.state !== "ready") throw new Error(`not ready: ${text}`);
        return `${path}/film.bin`;
      }),
    download: (path, range) => download(url, path, { ...headers, ...(range !== undefined && { Range: range }) }),
    remove: (path) =>
      withConnection(url, async (connection) => {
        await own(connection, { method: "DELETE", path: path.replace(/\/film\.bin$/, ""), headers: TUS });
      }),
  };
}

/** Creates an upload of tus; its address. */
export async function begin(connection: Connection, headers: Record<string, string>, bytes: number): Promise<string> {
  const lengths = { ...headers, ...TUS, "Upload-Length": String(bytes), "Content-Length": "0" };
  const { headers: got } = await ask(connection, { method: "POST", path: "/api/files/", headers: lengths });
  const path = got.get("Location");
  if (path === null) throw new Error("the server did not say where the upload is");
  return path;
}

export const patch = (path: string, offset: number, body: number) => ({
  method: "PATCH",
  path,
  body,
  headers: { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
});
