import type { Http } from "../parts/transport.ts";
import { ConfabError } from "../public/errors.ts";
import type { FileDetails, FileSource } from "../public/uploads.ts";
import { type Answer, transfer } from "./transfer.ts";

// The requests of an upload, after tus 1.0.0 with the extensions creation, creation-with-upload and termination.

/** A refused request. `status` says more than a code where a proxy has answered, or where there is no body. */
export class Refused extends ConfabError {
  constructor(
    readonly status: number,
    /** The server itself has refused, and no proxy before it. */
    readonly isOurs: boolean,
    ...rest: ConstructorParameters<typeof ConfabError>
  ) {
    super(...rest);
  }
}

export interface Step {
  signal: AbortSignal;
  onProgress?: (sent: number) => void;
}

const VERSION = { "Tus-Resumable": "1.0.0" };
const BYTES = { "Content-Type": "application/offset+octet-stream" };

/** Creates the upload on the server, with the first bytes if there are any. */
export async function create(
  http: Http,
  source: FileSource,
  details: FileDetails,
  first: FileSource | undefined,
  step: Step,
) {
  const answer = await ask(
    http,
    "POST",
    "files/",
    { ...step, body: first },
    {
      "Upload-Length": `${source.size}`,
      "Upload-Metadata": metadata(source, details),
      ...(first && BYTES),
    },
  );
  const id = /files\/([^/?#]+)\/?(?:[?#]|$)/.exec(answer.header("Location") ?? "")?.[1];
  if (id === undefined) throw new ConfabError("unavailable", "The server did not say where the file is");
  return { id, offset: offsetOf(answer) ?? (first ? undefined : 0) };
}

/** Asks how many bytes the server has. `Infinity`: all of them. */
export async function offsetAt(http: Http, id: string, step: Step): Promise<number | undefined> {
  const answer = await ask(http, "HEAD", `files/${id}/`, step);
  const offset = offsetOf(answer);
  // The server may have made a whole picture smaller, by its place and the like.
  return offset !== undefined && answer.header("Upload-Length") === `${offset}` ? Infinity : offset;
}

/** Sends bytes that follow those that the server has. Resolves with how many it has then. */
export async function append(http: Http, id: string, offset: number, body: FileSource, step: Step) {
  const answer = await ask(
    http,
    "PATCH",
    `files/${id}/`,
    { ...step, body },
    { "Upload-Offset": `${offset}`, ...BYTES },
  );
  return offsetOf(answer);
}

/** Ends an upload, or removes a file that no message has. */
export async function terminate(http: Http, id: string, step: Step): Promise<void> {
  await ask(http, "DELETE", `files/${id}/`, step);
}

async function ask(
  http: Http,
  method: string,
  path: string,
  step: Step & { body?: FileSource | undefined },
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await transfer(http, { ...step, method, path, headers: { ...VERSION, ...headers } });
  const { status } = answer;
  if (status >= 200 && status < 300) return answer;
  const { code, message } = Object(answer.body) as { code?: unknown; message?: unknown };
  throw new Refused(
    status,
    typeof code === "string",
    typeof code === "string" ? code : status >= 500 ? "unavailable" : `http_${status}`,
    typeof message === "string" ? message : `The server answered ${status}`,
    Number(answer.header("Retry-After")) || undefined,
  );
}

function offsetOf(answer: Answer): number | undefined {
  const text = answer.header("Upload-Offset");
  return text === null || !/^\d+$/.test(text) ? undefined : Number(text);
}

function metadata({ type, name: given }: FileSource, { name = given ?? "file", alt, duration, waveform }: FileDetails) {
  const values = { filename: shortened(name), filetype: type, alt, duration, waveform };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => `${key} ${base64(`${value}`)}`)
    .join(",");
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => btoa(String.fromCharCode(...bytesOf(text)));

/** Cuts a name that is longer than file systems allow, before its ending. */
export function shortened(name: string): string {
  const [, stem = "", ending = ""] = /^(.*?)(\.[^.]{1,16})?$/su.exec(name) ?? [];
  let letters = [...stem];
  while (bytesOf(letters.join("") + ending).length > NAME_BYTES_MAX) letters = letters.slice(0, -1);
  return letters.join("") + ending;
}

/** As the server's limit on names, in bytes of UTF-8. */
const NAME_BYTES_MAX = 255;
