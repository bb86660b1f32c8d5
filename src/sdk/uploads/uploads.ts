import type { ActionHost, LiveConversation, OutboxItem } from "../parts/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { PendingUpload } from "../public/uploads.ts";
import { type ClientUploads, createClientUploads } from "./jobs.ts";

export { endUpload } from "./jobs.ts";
export { sendFile } from "./upload.ts";

// A module of its own. `confab/client/files` brings it, and a client that finds a stored message with files loads it.

const opened = new WeakMap<ActionHost, ClientUploads>();

/** The uploads of a client. */
export function uploadsOf(host: ActionHost): ClientUploads {
  const known = opened.get(host) ?? createClientUploads(host);
  opened.set(host, known);
  return known;
}

/** With these codes the server no longer has a file that was ready: it keeps unused files for a day. */
const IS_GONE = /^file_not_(found|ready)$/;

/**
 * Lets the messages of a conversation wait for their files. Texts do not wait for uploads: they go out before such a message.
 * Messages with files keep their order among themselves.
 */
export function uploadsIn(self: LiveConversation): void {
  if (self.uploads) return;
  const { host, outbox } = self;
  const uploads = uploadsOf(host);
  const seen = new WeakSet<OutboxItem>();
  /** Messages whose files were sent a second time. */
  const repeated = new Set<string>();
  let isPlanned = false;

  function see(item: OutboxItem) {
    if (seen.has(item)) return;
    seen.add(item);
    const { id } = item.entry;
    const now = () => item.entry.uploads ?? [];
    for (const upload of now()) uploads.keepFor(upload.id, id);
    item.done.promise.then(
      () => now().forEach(uploads.forget),
      (error: unknown) => error instanceof ConfabError && error.code === "discarded" && now().forEach(uploads.cancel),
    );
  }

  /** Lets a message wait anew, because the server has removed its files. */
  function repeat({ entry: { id, key, uploads: list = [], options: { files: _, ...options } = {} } }: OutboxItem) {
    repeated.add(id);
    list.forEach(uploads.restart);
    outbox.update(id, { options, uploads: list.map(({ file: _, ...upload }) => upload) });
    outbox.retry(key);
  }

  /** Returns whether all files of the message are ready. */
  function look(item: OutboxItem): boolean {
    const { id, error, uploads: list = [] } = item.entry;
    let ready = 0;
    const now = list.map((upload): PendingUpload => {
      const job = error ? uploads.find(upload) : uploads.begin(self.id, upload);
      if (job?.file) ready++;
      return job?.file && job.file.id !== upload.file?.id ? { ...upload, file: job.file } : upload;
    });
    if (now.some((upload, i) => upload !== list[i])) outbox.update(id, { uploads: now });
    if (error) return false;
    const failure = list.map(({ id }) => uploads.takeFailure(id)).find(Boolean);
    if (failure) outbox.update(id, { error: failure });
    return ready === list.length;
  }

  function goOn() {
    isPlanned = false;
    if (self.isDetached) return;
    let mayGo = true;
    for (const item of [...outbox.items]) {
      if (!item.entry.uploads || item.confirmation) continue;
      see(item);
      const { id, error, options } = item.entry;
      if (options?.files) {
        if (error && IS_GONE.test(error.code) && !repeated.has(id)) repeat(item);
        continue;
      }
      const isReady = look(item);
      if (isReady && mayGo) {
        const files = item.entry.uploads.flatMap(({ file }) => file?.id ?? []);
        outbox.update(id, { options: { ...item.entry.options, files } });
      }
      // A message that has failed holds up no other.
      else if (!item.entry.error) mayGo = false;
    }
  }

  self.uploads = {
    run() {
      if (isPlanned) return;
      isPlanned = true;
      queueMicrotask(goOn);
    },
  };
  uploads.on(() => self.uploads?.run());
}
