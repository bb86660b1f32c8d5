import UPNG from "upng-js";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "./client.ts";

/** A file for a message: its bytes, and what its sender says of it. */
export interface TestFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  details?: Record<string, string>;
}

/** A picture of one colour, from red over green to blue, in one request as any client sends it. */
export function png(
  name: string,
  width: number,
  height: number,
  hue = 0,
  details: Record<string, string> = {},
): TestFile {
  const colour = [0, 1, 2].map((part) =>
    Math.round(255 * Math.max(0, 1 - Math.abs(((hue / 120 - part + 4.5) % 3) - 1.5))),
  );
  const rgba = new Uint8Array(width * height * 4);
  for (let at = 0; at < rgba.length; at += 4) rgba.set([...colour, 255], at);
  return { name, bytes: new Uint8Array(UPNG.encode([rgba.buffer], width, height, 0)), details };
}

const RATE = 8000;

/** A tone, as a WAV file of 8 bits. */
export function wav(name: string, seconds: number, details: Record<string, string> = {}): TestFile {
  const samples = Math.round(seconds * RATE);
  const bytes = new Uint8Array(44 + samples);
  const view = new DataView(bytes.buffer);
  const text = (at: number, letters: string) => bytes.set(new TextEncoder().encode(letters), at);
  text(0, "RIFF");
  view.setUint32(4, 36 + samples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, "data");
  view.setUint32(40, samples, true);
  for (let at = 0; at < samples; at++)
    bytes[44 + at] = 128 + Math.round(90 * Math.sin((at * 440 * 2 * Math.PI) / RATE));
  return { name, bytes, details };
}

/** A waveform that grows louder. */
const WAVEFORM = Buffer.from(Array.from({ length: 64 }, (_, bar) => 4 * bar)).toString("base64");

export const voice = (name: string, seconds: number) =>
  wav(name, seconds, { duration: String(seconds), waveform: WAVEFORM });

/** Uploads a file in one request, and returns its id when it is ready. */
export async function uploadFile(person: Client, { name, bytes, details = {} }: TestFile): Promise<string> {
  const query = new URLSearchParams({ name, ...details });
  const answer = await fetch(`${person.url}/api/files/?${query}`, {
    method: "POST",
    headers: { Cookie: `sessionid=${person.cookie}`, "Content-Type": "application/octet-stream" },
    body: bytes,
  });
  if (answer.status !== 201) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
  const { data } = (await answer.json()) as { data: { id: string } };
  const ready = await person.get(`/api/files/${data.id}/?wait=20`);
  if (ready.body.data.state !== "ready") throw new Error(`upload: ${ready.text}`);
  return data.id;
}

/** Sends a message with files. */
export async function sendFiles(
  person: Client,
  conversationId: string,
  files: readonly TestFile[],
  content = "",
): Promise<Message> {
  const ids: string[] = [];
  for (const file of files) ids.push(await uploadFile(person, file));
  const answer = await person.post(`/api/chat/conversations/${conversationId}/messages/`, { content, files: ids });
  if (answer.status !== 201) throw new Error(`send: ${answer.status} ${answer.text}`);
  return answer.body.data;
}
