import { FILES_MAX } from "../../../protocol/file-limits.ts";
import {
  arrange,
  attach,
  attached,
  bytesOf,
  describe,
  detach,
  onUploads,
  uploadState,
} from "../../../sdk/features/files.ts";
import type { Conversation } from "../../../sdk/index.ts";
import type { PendingUpload } from "../../../sdk/public/uploads.ts";
import { announce, toast } from "../../design/toast.tsx";
import { uploadTexts } from "../../texts/uploads.ts";
import { keepLocal, localUrl } from "../files/local.ts";
import { attachedTo, failedUploads, setAttached } from "./attached.ts";
import { limitOf } from "./limit.ts";
import { measure } from "./measure.ts";

/** One after the other: files of a second drop stand behind those of the first. */
let turn: Promise<unknown> = Promise.resolve();
const followed = new WeakSet<Conversation>();

/** Attaches files to the next message, and begins to send them. Says which of them can't be sent, and why. */
export function attachFiles(conversation: Conversation, files: readonly File[], folders: number): void {
  turn = turn.then(() => attachNow(conversation, files, folders)).catch(reportError);
}

async function attachNow(conversation: Conversation, files: readonly File[], folders: number) {
  const { refused } = uploadTexts;
  const most = await limitOf(conversation);
  const faults = new Set<string>(folders > 0 ? [refused.folders] : []);
  const fits = files.filter(({ name, size }) => {
    if (most === null) faults.add(refused.off);
    else if (size === 0) faults.add(refused.empty(name));
    else if (size > most) faults.add(refused.tooLarge(name, most));
    else return true;
    return false;
  });
  const free = Math.max(0, FILES_MAX - attachedTo(conversation).length);
  if (fits.length > free) faults.add(refused.tooMany(FILES_MAX, fits.length - free));
  const taken = fits.slice(0, free);
  const details = await Promise.all(taken.map(measure));
  const added = taken.map((file, i) => {
    const upload = attach(conversation, file, details[i]);
    keepLocal(upload.id, file);
    return upload;
  });
  if (faults.size > 0) toast([...faults].join(" "), { error: true });
  if (added.length === 0) return;
  setAttached(conversation, [...attachedTo(conversation), ...added]);
  announce(uploadTexts.attached(added.length));
  follow(conversation);
}

/** Shows the files that were attached before a reload. */
export async function restore(conversation: Conversation): Promise<void> {
  const known = attachedTo(conversation);
  const found = await attached(conversation);
  for (const upload of found) {
    const bytes = localUrl(upload.id) === undefined ? await bytesOf(conversation, upload) : undefined;
    if (bytes instanceof Blob) keepLocal(upload.id, bytes);
  }
  const others = attachedTo(conversation).filter(({ id }) => !found.some((one) => one.id === id));
  const kept = found.map((upload) => known.find(({ id }) => id === upload.id) ?? upload);
  if (found.length > 0) setAttached(conversation, [...kept, ...others]);
  follow(conversation);
}

/** Tells screen readers, and the button to send, how the uploads end. */
function follow(conversation: Conversation) {
  if (followed.has(conversation)) return;
  followed.add(conversation);
  onUploads(conversation, (id) => {
    const uploads = attachedTo(conversation);
    const upload = uploads.find((one) => one.id === id);
    const { state } = (upload && uploadState(conversation, upload)) ?? {};
    if (!upload || (state !== "failed") !== failedUploads.peek().has(id)) {
      if (upload && state === "ready" && isAllReady(conversation)) announce(uploadTexts.allReady(uploads.length));
      return;
    }
    const failed = new Set(failedUploads.peek());
    if (state === "failed") {
      failed.add(id);
      announce(uploadTexts.failed(upload.name, reasonOf(conversation, upload)));
    } else failed.delete(id);
    failedUploads.value = failed;
  });
}

const isAllReady = (conversation: Conversation) =>
  attachedTo(conversation).every((upload) => uploadState(conversation, upload)?.state === "ready");

/** Why an upload has failed, for people. */
export function reasonOf(conversation: Conversation, upload: PendingUpload): string {
  const { code, message = "" } = uploadState(conversation, upload)?.error ?? {};
  if (code === "file_refused") return uploadTexts.refusal(message);
  const known: Partial<Record<string, string>> = uploadTexts.codes;
  return (code && known[code]) ?? message;
}

export function removeAttached(conversation: Conversation, upload: PendingUpload) {
  setAttached(
    conversation,
    attachedTo(conversation).filter(({ id }) => id !== upload.id),
  );
  detach(conversation, upload);
  announce(uploadTexts.removed(upload.name));
}

/** Moves a file by one place. */
export function moveAttached(conversation: Conversation, upload: PendingUpload, by: 1 | -1) {
  const uploads = [...attachedTo(conversation)];
  const from = uploads.findIndex(({ id }) => id === upload.id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= uploads.length) return;
  uploads.splice(to, 0, ...uploads.splice(from, 1));
  setAttached(conversation, uploads);
  arrange(conversation, uploads);
  announce(uploadTexts.moved(upload.name, to + 1, uploads.length));
}

/** Sets the description of an attached picture. */
export function describeAttached(conversation: Conversation, upload: PendingUpload, alt: string) {
  const now = describe(conversation, upload, alt) ?? { ...upload, alt };
  setAttached(
    conversation,
    attachedTo(conversation).map((one) => (one.id === now.id ? now : one)),
  );
}
