import { later } from "../base/platform.ts";
import type { ActionHost } from "../parts/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { MessageFile } from "../public/files.ts";
import type { FileDetails, FileSource, UploadState } from "../public/uploads.ts";
import { ADVICE_MAX_MS, retryDelay } from "../transport/reconnect-policy.ts";
import type { Turns } from "./turns.ts";
import { append, create, offsetAt, Refused } from "./tus.ts";

/** The first part is small, so that the first progress shows soon. Later parts take about two seconds each. */
const PART_FIRST = 512 * 1024;
const PART_MIN = 64 * 1024;
const PART_MAX = 16 * 1024 * 1024;
const PART_TAKES_MS = 2_000;

/** How often an upload begins anew because the server no longer has it. */
const BEGINNINGS_MAX = 4;

export interface UploadTask {
  /** Missing: the bytes are gone, and only the server may have them. */
  source: FileSource | undefined;
  details: FileDetails;
  /** The upload on the server, if it has begun there. */
  id: string | undefined;
  turns: Turns;
  signal: AbortSignal;
  onId(id: string | undefined): void;
  onState(state: UploadState["state"], sent: number): void;
}

/** The answer of `GET /api/files/{id}/`. */
interface ServerFile extends MessageFile {
  state: "uploading" | "checking" | "ready" | "refused";
  offset: number;
  refusal?: string;
}

/**
 * Brings the bytes to the server, however often the connection is cut, and resolves when the file is ready.
 * @throws ConfabError when the server refuses the file for good, when its bytes can't be read, or `canceled`
 */
export async function sendFile(host: ActionHost, task: UploadTask): Promise<MessageFile> {
  for (;;) {
    const done = await task.turns.take(task.signal);
    try {
      await sendBytes(host, task);
    } finally {
      done();
    }
    const file = await whenChecked(host, task);
    if (file) return file;
  }
}

/** Sends all bytes. Sets `task.id`. */
async function sendBytes(host: ActionHost, task: UploadTask) {
  const { source, signal } = task;
  const { http } = host;
  const size = source?.size ?? 0;
  let beginnings = 0;
  let failures = 0;
  let part = PART_FIRST;
  /** How many bytes the server has. Undefined: it must be asked. */
  let offset: number | undefined;

  const moved = (now: number | undefined) => {
    if (now !== undefined && now > (offset ?? -1)) failures = 0;
    offset = now;
    task.onState("uploading", Math.min(now ?? 0, size));
  };
  const setId = (id: string | undefined) => {
    task.id = id;
    task.onId(id);
  };
  async function next(): Promise<boolean> {
    const from = offset ?? 0;
    const step = { signal, onProgress: (sent: number) => task.onState("uploading", Math.min(size, from + sent)) };
    if (task.id === undefined) {
      if (!source) throw lost();
      if (++beginnings > BEGINNINGS_MAX) throw new ConfabError("unavailable", "The server does not keep the file");
      const begun = await create(http, source, task.details, size <= PART_FIRST && size > 0 ? source : undefined, step);
      setId(begun.id);
      moved(begun.offset);
    } else if (offset === undefined) moved((await offsetAt(http, task.id, step)) ?? 0);
    else if (offset >= size) return false;
    else if (!source) throw lost();
    else {
      const begun = performance.now();
      moved(await append(http, task.id, offset, source.slice(offset, offset + part), step));
      part = Math.min(
        PART_MAX,
        Math.max(PART_MIN, (part * PART_TAKES_MS) / Math.max(performance.now() - begun, PART_TAKES_MS / 2)),
      );
    }
    return true;
  }

  for (;;) {
    // Without the bytes, the server alone knows whether it has all of them.
    if (!source && task.id !== undefined) return;
    try {
      if (!(await next())) return;
    } catch (error) {
      if (!(error instanceof ConfabError) || error.code === "canceled") throw error;
      const status = error instanceof Refused ? error.status : 0;
      if (status === 404 || status === 410) {
        offset = undefined;
        setId(undefined);
        continue;
      }
      // A proxy before the server takes no body of this size.
      if (error instanceof Refused && status === 413 && !error.isOurs && part > PART_MIN) {
        part = PART_MIN;
        offset = undefined;
        continue;
      }
      if (!mayPass(error, status)) throw error;
      if (source) await checkReadable(source, offset ?? 0);
      offset = undefined;
      task.onState("waiting", 0);
      await pause(host, signal, error, failures++);
    }
  }
}

/** Asks until the server has looked at the file. `undefined`: bytes are missing there. */
async function whenChecked(host: ActionHost, task: UploadTask): Promise<MessageFile | undefined> {
  const { source, signal } = task;
  for (;;) {
    task.onState("checking", source?.size ?? 0);
    try {
      const { data } = await persist(host, signal, () => host.http.call("GET", `files/${task.id}/?wait=15`));
      const { state, offset: _, refusal, ...file } = data as ServerFile;
      if (state === "ready") return file;
      if (state === "refused") throw new ConfabError("file_refused", refusal ?? "The server has refused the file");
      if (state === "uploading" && !source) throw lost();
      if (state === "uploading") return undefined;
    } catch (error) {
      if (!(error instanceof ConfabError) || !/^(file_)?not_found$/.test(error.code)) throw error;
      task.id = undefined;
      task.onId(undefined);
      if (!source) throw lost();
      return undefined;
    }
  }
}

/** Repeats a call until the server has answered it. */
export async function persist<T>(host: ActionHost, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; )
    try {
      const result = await work();
      if (signal.aborted) throw canceled();
      return result;
    } catch (error) {
      if (!(error instanceof ConfabError) || !mayPass(error, 0)) throw error;
      await pause(host, signal, error, failures++);
    }
}

const canceled = () => new ConfabError("canceled", "It was canceled");
const lost = () => new ConfabError("file_lost", "The file is not on this device any more. Choose it again");

const PASSES =
  /^(offline|throttled|unavailable|internal_error|draining|starting|authentication_required|storage_full|too_many_uploads|upload_(cut|stalled|locked)|offset_conflict)$/;

/** The same request may succeed later. 409: another request has moved the offset. 423: an earlier one has not ended. */
const mayPass = ({ code }: ConfabError, status: number) =>
  PASSES.test(code) || (status >= 500 && status !== 507) || [409, 423, 425, 429].includes(status);

/** A platform reports bytes that can't be read, such as those of a folder, like a lost connection. */
async function checkReadable(source: FileSource, offset: number) {
  try {
    await source.slice(offset, offset + 1).arrayBuffer();
  } catch {
    throw new ConfabError("file_unreadable", "The file can't be read. It may have been moved or changed");
  }
}

/** Waits before the next attempt: as long as the server says, or until the client is connected again. */
async function pause(host: ActionHost, signal: AbortSignal, { code, retryAfter }: ConfabError, failures: number) {
  const ms = retryAfter ? Math.min(retryAfter * 1000, ADVICE_MAX_MS) : retryDelay(Math.min(failures, 5));
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = later(end, ms);
    signal.addEventListener("abort", end);
    // The user has signed out, or the connection is back.
    if (!host.isOnline() || code === "authentication_required")
      host.whenOnline().then(
        () => code === "offline" && end(),
        (error: unknown) => {
          reject(error);
          end();
        },
      );
  });
  if (signal.aborted) throw canceled();
}
