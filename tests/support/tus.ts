import type { Client } from "./client.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
const PART = { ...TUS, "Content-Type": "application/offset+octet-stream" };

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that look random and are the same each time. Nothing takes them for a picture. */
export function someBytes(length: number, seed = 1): Bytes {
  const made = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0, state = seed; i < made.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    made[i] = state;
  }
  made[0] = 0x01010101;
  return new Uint8Array(made.buffer, 0, length);
}

const ask = (person: Client, method: string, path: string, headers: Record<string, string>, init: RequestInit = {}) =>
  fetch(person.url + path, { method, headers: { Cookie: `sessionid=${person.cookie}`, ...headers }, ...init });

/** Begins an upload, and returns its path. */
export async function beginUpload(person: Client, length: number, name = "file.bin"): Promise<string> {
  const headers = { ...TUS, "Upload-Length": `${length}`, "Upload-Metadata": `filename ${btoa(name)}` };
  const answer = await ask(person, "POST", "/api/files/", headers);
  if (answer.status !== 201) throw new Error(`create: ${answer.status} ${await answer.text()}`);
  return answer.headers.get("location") ?? "";
}

/** How many bytes of an upload a server has. */
export async function offsetOf(person: Client, path: string): Promise<number> {
  const answer = await ask(person, "HEAD", path, TUS);
  if (answer.status !== 200) throw new Error(`head: ${answer.status}`);
  return Number(answer.headers.get("upload-offset"));
}

/** Sends a part of an upload. */
export const sendPart = (
  person: Client,
  path: string,
  offset: number,
  body: Bytes | ReadableStream<Bytes>,
  init: RequestInit = {},
) => ask(person, "PATCH", path, { ...PART, "Upload-Offset": `${offset}` }, { body, ...init });

/** Sends the rest of an upload, as a client does after a cut: it waits while the request before it has not ended. */
export async function finishUpload(person: Client, path: string, bytes: Bytes): Promise<number> {
  for (;;) {
    const from = await offsetOf(person, path);
    if (from === bytes.length) return from;
    const answer = await sendPart(person, path, from, bytes.subarray(from));
    if (answer.status === 204) return from;
    if (answer.status !== 423 && answer.status !== 409)
      throw new Error(`patch: ${answer.status} ${await answer.text()}`);
    await Bun.sleep(200);
  }
}

/** A body that comes in pieces, each a little later. */
export function slowly(
  bytes: Bytes,
  piece: number,
  everyMs: number,
  sent: (at: number) => void,
): ReadableStream<Bytes> {
  let at = 0;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        await Bun.sleep(everyMs);
        controller.enqueue(bytes.subarray(at, at + piece));
        at = Math.min(bytes.length, at + piece);
        sent(at);
        if (at === bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The bytes of a file that is ready. */
export async function fileBytes(person: Client, path: string): Promise<Bytes> {
  const id = path.split("/").at(-1);
  for (let tries = 0; ; tries++) {
    const { data } = (await person.get(`/api/files/${id}/?wait=10`)).body;
    if (data.state === "ready") break;
    if (tries > 6) throw new Error(`the file is ${data.state}`);
  }
  return new Uint8Array(await (await ask(person, "GET", `/api/files/${id}/x`, {})).arrayBuffer());
}
