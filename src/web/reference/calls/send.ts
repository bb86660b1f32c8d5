/** How long a request may take. A connection can be dead without an error. */
const PATIENCE_MS = 30_000;

/** The answer of the server to a call that was tried. */
export interface Reply {
  kind: "reply";
  /** `200 OK` */
  status: string;
  code: number;
  ms: number;
  bytes: number;
  headers: [name: string, value: string][];
  /** The body, with a line for each field if it is JSON. */
  text: string;
  /** The `code` of an error's envelope. */
  failure: string | undefined;
  /** The moment from which the server takes the call again, as `Date.now()` counts. */
  retryAt: number | undefined;
}

export type Outcome = Reply | { kind: "unreachable" } | { kind: "foreign" };

/** Sends a call with the session of this browser, to this server only. */
export async function send(method: string, path: string, body: string | undefined): Promise<Outcome> {
  // A path such as `//example.com` would lead to another server.
  if (new URL(path, location.origin).origin !== location.origin) return { kind: "foreign" };
  const start = performance.now();
  try {
    const answer = await fetch(path, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      cache: "no-store",
      ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body }),
    });
    const bytes = await answer.arrayBuffer();
    const ms = Math.round(performance.now() - start);
    const text = new TextDecoder().decode(bytes);
    const value = parsed(text);
    return {
      kind: "reply",
      status: `${answer.status} ${answer.statusText}`.trim(),
      code: answer.status,
      ms,
      bytes: bytes.byteLength,
      headers: [...answer.headers],
      text: value === undefined ? text : JSON.stringify(value, null, 2),
      failure: codeOf(value),
      retryAt: retryAtOf(answer),
    };
  } catch {
    return { kind: "unreachable" };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const codeOf = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "code" in value && typeof value.code === "string"
    ? value.code
    : undefined;

function retryAtOf({ status, headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return status === 429 && Number.isFinite(seconds) ? Date.now() + seconds * 1_000 : undefined;
}
