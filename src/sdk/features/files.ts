import { liveOf } from "../actions/queue.ts";
import type { ActionHost } from "../parts/conversation.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation, Outgoing } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { MessageFile } from "../public/files.ts";
import type { SendOptions } from "../public/message-fields.ts";
import type {
  FileAddress,
  FileDetails,
  FileSource,
  PendingUpload,
  UploadOptions,
  UploadState,
} from "../public/uploads.ts";
import { endUpload, sendFile, uploadsIn, uploadsOf } from "../uploads/uploads.ts";

/** A client, or one of its conversations. */
type Of = ConfabClient | Conversation;

function hostOf(of: Of): ActionHost {
  if ("messages" in of) return liveOf(of).host;
  if (isHost(of)) return of;
  throw new TypeError("This client was not made by `connect`");
}

const isHost = (client: ConfabClient): client is ConfabClient & ActionHost => "http" in client && "store" in client;

/** The uploads of calls that are under way, by their keys in the storage. */
const underWay = new Set<string>();

/**
 * Sends a file to the server, and resolves when a message can have it. It goes on after a cut, after a restart of the server,
 * and when you call it again with the same file after a reload.
 * @throws ConfabError with the server's code: `file_too_large`, `file_refused`, … or `canceled`
 */
export async function upload(
  client: ConfabClient,
  file: FileSource,
  options: UploadOptions = {},
): Promise<MessageFile> {
  const { onProgress, signal, ...details } = options;
  const host = hostOf(client);
  await client.ready;
  const key = `upload/${client.me?.id ?? 0}/${await fingerprint(file, details.name)}`;
  const over = new AbortController();
  const abort = () => over.abort();
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  // Another call that sends the same file has its own upload.
  const release = underWay.has(key) ? undefined : await host.store.claim(key);
  const isAlone = release !== undefined && !underWay.has(key);
  if (isAlone) underWay.add(key);
  let id = isAlone ? ((await host.store.get<string>(key)) ?? undefined) : undefined;
  try {
    const sent = await sendFile(host, {
      source: file,
      details,
      id,
      turns: uploadsOf(host).turns,
      signal: over.signal,
      onId(now) {
        id = now;
        if (isAlone) void host.store.set(key, now);
      },
      onState: (_, bytes) => onProgress?.(bytes, file.size),
    });
    if (isAlone) await host.store.delete(key);
    return sent;
  } catch (error) {
    // A client that has stopped goes on with the next call.
    if (!(error instanceof ConfabError && error.code === "offline") && isAlone) await host.store.delete(key);
    if (over.signal.aborted && id !== undefined) void endUpload(host, id);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    if (isAlone) underWay.delete(key);
    release?.();
  }
}

const SAMPLE = 64 * 1024;

/** Tells one file from another, without reading all of it. */
async function fingerprint(file: FileSource, name = file.name): Promise<string> {
  const samples = [file.slice(0, SAMPLE), file.slice(Math.max(0, file.size - SAMPLE), file.size)];
  let hash = 0x811c9dc5;
  for (const sample of samples)
    for (const byte of new Uint8Array(await sample.arrayBuffer())) hash = Math.imul(hash ^ byte, 0x01000193);
  return [file.size, file.type, file.lastModified, hash >>> 0, name].map((one) => `${one ?? ""}`).join(" ");
}

/**
 * Begins to send a file for a message, and keeps its bytes until the server has them. Pass the result to `send` as
 * `{ uploads: [...] }`, also before it has arrived.
 */
export function attach(conversation: Conversation, file: FileSource, details: FileDetails = {}): PendingUpload {
  const live = liveOf(conversation);
  uploadsIn(live);
  if (!live.host.me) throw new ConfabError("authentication_required", "Nobody is signed in");
  return uploadsOf(live.host).add(live.id, file, details);
}

/**
 * Sends a message with files. It waits in its place until all of them have arrived, over reloads and cuts, and goes out once.
 * @param files at most ten: blobs, or what `attach` has returned
 */
export function sendFiles(
  conversation: Conversation,
  text: string,
  files: readonly (FileSource | PendingUpload)[],
  options: SendOptions = {},
): Outgoing {
  const uploads = files.map((file) => ("slice" in file ? attach(conversation, file) : file));
  return conversation.send(text, { ...options, uploads });
}

/** The files that were attached to an unsent text, here or before a reload. Another tab may have them: then they are not here. */
export function attached(conversation: Conversation): Promise<PendingUpload[]> {
  const live = liveOf(conversation);
  uploadsIn(live);
  return uploadsOf(live.host).restore(live.id);
}

/** Takes an attached file away, also on the server. */
export function detach(conversation: Conversation, upload: PendingUpload): void {
  uploadsOf(liveOf(conversation).host).cancel(upload);
}

/** Sets the text for people who do not see an attached picture. Returns the upload as it is then. */
export const describe = (conversation: Conversation, { id }: PendingUpload, alt: string): PendingUpload | undefined =>
  uploadsOf(liveOf(conversation).host).describe(id, alt);

/** Sets the order in which `attached` returns files. */
export const arrange = (conversation: Conversation, uploads: readonly PendingUpload[]): void =>
  uploadsOf(liveOf(conversation).host).arrange(uploads.map(({ id }) => id));

/** How far an upload is. `undefined`: it does not run here. */
export const uploadState = (client: Of, { id }: PendingUpload): UploadState | undefined =>
  uploadsOf(hostOf(client)).state(id);

/** Calls the listener when the state of an upload changes, until the returned function is called. */
export const onUploads = (client: Of, listener: (id: string) => void): (() => void) =>
  uploadsOf(hostOf(client)).on(listener);

/** The bytes of an upload, as for a preview. */
export const bytesOf = (client: Of, { id }: PendingUpload): Promise<FileSource | undefined> =>
  uploadsOf(hostOf(client)).source(id);

/** Tries again to send an attached file that has failed. A message that has failed is tried again by `conversation.retry`. */
export const retryUpload = (client: Of, { id }: PendingUpload): void => uploadsOf(hostOf(client)).retry(id);

/**
 * Forgets the files of this user on this device that no unsent message has, as when the user has signed out.
 * @param before ms of the clock: files that were attached later stay
 */
export const forgetAttached = (client: ConfabClient, userId: number, before: number = Date.now()): Promise<void> =>
  uploadsOf(hostOf(client)).forgetAttached(userId, before);

/** How many bytes a file may have. `null`: the server takes no files. Servers of earlier releases take none. */
export async function mostBytes(client: Of): Promise<number | null> {
  const { data } = await hostOf(client).http.call("GET", "server/");
  return (data as { max_file?: number }).max_file ?? null;
}

/** Takes one file out of a message that waits. A message without a text and without files is discarded. */
export function removeFile(conversation: Conversation, key: string, upload: PendingUpload): void {
  const { outbox, host } = liveOf(conversation);
  const item = outbox.items.find(({ entry, confirmation }) => entry.key === key && !confirmation);
  const { id, content, error, options, uploads = [] } = item?.entry ?? {};
  // It may be on its way.
  if (id === undefined || (options?.files && !error)) return;
  const left = uploads.filter((one) => one.id !== upload.id);
  if (left.length === 0 && content === "") {
    outbox.discard(key);
    return;
  }
  uploadsOf(host).cancel(upload);
  const { files: _, ...others } = options ?? {};
  outbox.update(id, { uploads: left.length > 0 ? left : undefined, options: others });
  if (error) outbox.retry(key);
}

/** The address of a file's bytes. Browsers send the session's cookie with it. */
export function fileUrl(
  client: ConfabClient,
  file: Pick<MessageFile, "id" | "name">,
  { size }: { size?: 320 | 1280 } = {},
) {
  const path = `files/${file.id}/${encodeURIComponent(file.name)}`;
  return `${hostOf(client).http.base}${path}${size === undefined ? "" : `?size=${size}`}`;
}

/** Makes a short-lived address for tags that can send neither a cookie nor a token. Rights are asked again when it is used. */
export async function fileAddress(client: ConfabClient, file: Pick<MessageFile, "id">): Promise<FileAddress> {
  return (await client.call("POST", `files/${file.id}/address/`)).data as FileAddress;
}
