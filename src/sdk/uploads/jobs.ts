import { randomId } from "../base/random-id.ts";
import type { ActionHost } from "../parts/conversation.ts";
import { ConfabError, type ErrorCode } from "../public/errors.ts";
import type { MessageFile } from "../public/files.ts";
import type { FileDetails, FileSource, PendingUpload, UploadState } from "../public/uploads.ts";
import { createBlobs, type Kept } from "./blobs.ts";
import { createTurns, type Turns } from "./turns.ts";
import { shortened, terminate } from "./tus.ts";
import { persist, sendFile } from "./upload.ts";

/** Attached files that were never sent are forgotten after this long. */
const KEPT_MS = 30 * 24 * 3_600_000;

interface Job {
  upload: PendingUpload;
  conversationId: string;
  source?: FileSource | undefined;
  state: UploadState;
  over: AbortController;
  /** The upload on the server. */
  serverId?: string | undefined;
  /** The text that the server has for people who do not see the picture. */
  alt: string;
  file?: MessageFile | undefined;
  /** The message has said that this file failed. The next attempt begins anew. */
  isReported: boolean;
  /** Gives the file to other tabs. */
  release?: () => void;
}

export interface ClientUploads {
  readonly turns: Turns;
  add(conversationId: string, source: FileSource, details: FileDetails): PendingUpload;
  /** The files that were attached to a text of this conversation, and that no other tab has. */
  restore(conversationId: string): Promise<PendingUpload[]>;
  /** Goes on with an upload, where it has stopped or has not begun. */
  begin(conversationId: string, upload: PendingUpload): Pick<Job, "file">;
  find(upload: PendingUpload): Pick<Job, "file"> | undefined;
  state(id: string): UploadState | undefined;
  source(id: string): Promise<FileSource | undefined>;
  describe(id: string, alt: string): PendingUpload | undefined;
  /** Sets the order of attached files. */
  arrange(ids: readonly string[]): void;
  /** The file belongs to a message now. */
  keepFor(id: string, message: string): void;
  /** Why an upload has failed, once. */
  takeFailure(id: string): { code: ErrorCode; message: string } | undefined;
  retry(id: string): void;
  /** Sends the bytes anew: the server no longer has them. */
  restart(upload: PendingUpload): void;
  /** Ends an upload, also on the server. */
  cancel(upload: PendingUpload): void;
  /** The server has the file in a message. */
  forget(upload: PendingUpload): void;
  /** Forgets the files of a user that were attached before that time, and that no unsent message has. */
  forgetAttached(userId: number, before: number): Promise<void>;
  on(listener: (id: string) => void): () => void;
}

/** Runs the uploads of a client, and keeps their bytes until the server has them in a message. */
export function createClientUploads(host: ActionHost): ClientUploads {
  const { store, http } = host;
  const blobs = createBlobs(host.reportError);
  const turns = createTurns();
  const jobs = new Map<string, Job>();
  const listeners = new Set<(id: string) => void>();
  let lastAt = 0;

  const scope = (userId = host.me?.id ?? 0) => `${http.base} ${userId}`;
  const keyOf = (id: string) => `upload/${host.me?.id ?? 0}/${id}`;
  const isCurrent = (job: Job) => jobs.get(job.upload.id) === job;
  const changed = ({ upload: { id } }: Job) => {
    for (const listener of [...listeners]) listener(id);
  };

  function setState(job: Job, state: UploadState["state"], sent = job.state.sent, error?: UploadState["error"]) {
    job.state = { state, sent, bytes: job.upload.bytes, ...(error && { error }) };
    if (isCurrent(job)) changed(job);
  }

  function newJob(conversationId: string, upload: PendingUpload, source?: FileSource): Job {
    const state: UploadState = { state: "waiting", sent: 0, bytes: upload.bytes };
    const job: Job = { conversationId, upload, state, over: new AbortController(), alt: "", isReported: false };
    if (source) job.source = source;
    if (upload.file) {
      job.file = upload.file;
      job.state = { ...state, state: "ready", sent: upload.bytes };
    }
    jobs.set(upload.id, job);
    return job;
  }

  /** Waits for what the storage knows, then sends. */
  async function run(job: Job, ready: Promise<unknown> = Promise.resolve()) {
    const { id } = job.upload;
    const { signal } = job.over;
    try {
      await ready;
      job.source ??= (await blobs.get(id))?.source;
      job.serverId ??= (await store.get<string>(keyOf(id))) ?? undefined;
      job.alt = job.upload.alt ?? "";
      const file = await sendFile(host, {
        source: job.source,
        details: job.upload,
        id: job.serverId,
        turns,
        signal,
        onId(serverId) {
          job.serverId = serverId;
          void store.set(keyOf(id), serverId);
        },
        onState: (state, sent) => isCurrent(job) && setState(job, state, sent),
      });
      await finish(job, file);
    } catch (error) {
      fail(job, error);
    }
  }

  /** The text for people who do not see the picture may have changed since the upload began. */
  async function finish(job: Job, file: MessageFile) {
    const { signal } = job.over;
    let now = file;
    for (let alt = job.upload.alt ?? ""; alt !== job.alt; alt = job.upload.alt ?? "") {
      await persist(host, signal, () => http.call("PUT", `files/${file.id}/alt/`, { alt }));
      job.alt = alt;
      now = { ...file, alt };
    }
    if (signal.aborted) return;
    job.file = now;
    setState(job, "ready", job.upload.bytes);
  }

  function fail(job: Job, error: unknown) {
    if (!isCurrent(job) || job.over.signal.aborted) return;
    if (!(error instanceof ConfabError)) host.reportError(error);
    const { code, message } = error instanceof ConfabError ? error : new ConfabError("internal_error", String(error));
    // The client has stopped, or nobody is signed in. The storage has what goes on later.
    if (code === "offline") return void jobs.delete(job.upload.id);
    setState(job, "failed", job.state.sent, { code, message });
  }

  function stop(job: Job) {
    jobs.delete(job.upload.id);
    job.over.abort();
    job.release?.();
  }

  function begin(conversationId: string, upload: PendingUpload): Job {
    const known = jobs.get(upload.id);
    if (known && !(known.state.state === "failed" && known.isReported)) return known;
    if (known) stop(known);
    const job = newJob(conversationId, upload, known?.source);
    if (!job.file) void run(job);
    return job;
  }

  async function forget({ id }: PendingUpload) {
    const job = jobs.get(id);
    if (job) stop(job);
    await Promise.all([blobs.delete(id), store.delete(keyOf(id))]);
  }

  async function cancel(upload: PendingUpload) {
    const serverId = jobs.get(upload.id)?.serverId ?? upload.file?.id ?? (await store.get<string>(keyOf(upload.id)));
    await forget(upload);
    if (serverId) await endUpload(host, serverId);
  }

  /** Claims a stored file for this tab. Without locks, all tabs have it. */
  const claim = (id: string) => store.claim(`upload ${id}`);

  async function hold(job: Job) {
    const release = await claim(job.upload.id);
    if (!release) return;
    if (isCurrent(job)) job.release = release;
    else release();
  }

  async function change(id: string, changes: Partial<Kept>) {
    const kept = await blobs.get(id);
    if (kept) await blobs.set({ ...kept, ...changes });
  }

  host.on("state", (state) => {
    if (state === "stopped" || state === "signed-out") for (const job of [...jobs.values()]) stop(job);
  });
  host.on("me", (me) => {
    if (!me) for (const job of [...jobs.values()]) stop(job);
  });
  void host
    .whenOnline()
    .then(() => sweep(host.me?.id ?? 0, Date.now() - KEPT_MS))
    .catch(() => {});

  /** Deletes what a client that ended in between has left. */
  async function sweep(userId: number, before: number) {
    const messages = (await store.keys(`outbox/${userId}/`)).map((key) => key.split("/")[3]);
    for (const { id, message, at } of await blobs.all(scope(userId))) {
      const isLeft = message === undefined ? at <= before : !messages.includes(message);
      if (!isLeft || jobs.has(id)) continue;
      await blobs.delete(id);
      await store.delete(`upload/${userId}/${id}`);
    }
  }

  return {
    turns,
    begin,
    find: ({ id }) => jobs.get(id),
    state: (id) => jobs.get(id)?.state,
    source: async (id) => jobs.get(id)?.source ?? (await blobs.get(id))?.source,
    add(conversationId, source, details) {
      const { name = source.name ?? "file", ...others } = details;
      const id = randomId();
      const upload = { id, type: source.type, bytes: source.size, ...others, name: shortened(name) };
      const job = newJob(conversationId, upload, source);
      lastAt = Math.max(lastAt + 1, Date.now());
      const kept = { id, scope: scope(), conversation_id: conversationId, upload, source, at: lastAt };
      void hold(job);
      void run(job, blobs.set(kept));
      return upload;
    },
    async restore(conversationId) {
      const found = (await blobs.all(scope())).sort((a, b) => a.at - b.at);
      const restored: PendingUpload[] = [];
      for (const { id, conversation_id, message, upload, source } of found) {
        if (conversation_id !== conversationId || message !== undefined) continue;
        if (!jobs.has(id)) {
          const release = await claim(id);
          if (release === undefined) continue;
          const job = newJob(conversationId, upload, source);
          if (release) job.release = release;
          void run(job);
        }
        restored.push(upload);
      }
      return restored;
    },
    describe(id, alt) {
      const job = jobs.get(id);
      if (!job) return undefined;
      job.upload = { ...job.upload, alt };
      void change(id, { upload: job.upload });
      const { file } = job;
      if (file) {
        job.file = undefined;
        setState(job, "checking");
        finish(job, file).catch((error: unknown) => fail(job, error));
      }
      return job.upload;
    },
    arrange(ids) {
      for (const id of ids) {
        lastAt = Math.max(lastAt + 1, Date.now());
        void change(id, { at: lastAt });
      }
    },
    keepFor: (id, message) => void change(id, { message }),
    takeFailure(id) {
      const job = jobs.get(id);
      if (job?.state.state !== "failed" || job.isReported) return undefined;
      job.isReported = true;
      const { code = "internal_error", message = "" } = job.state.error ?? {};
      return { code, message: `${job.upload.name}: ${message}` };
    },
    retry(id) {
      const job = jobs.get(id);
      if (job?.state.state !== "failed") return;
      job.isReported = true;
      changed(begin(job.conversationId, job.upload));
    },
    restart(upload) {
      const job = jobs.get(upload.id);
      if (job) stop(job);
      void store.delete(keyOf(upload.id));
    },
    cancel: (upload) => void cancel(upload).catch(host.reportError),
    forget: (upload) => void forget(upload).catch(host.reportError),
    forgetAttached: sweep,
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** How often the end of an upload is told to the server. It removes what is left after a day. */
const END_TRIES = 3;

/** Ends an upload on the server. */
export async function endUpload(host: ActionHost, serverId: string): Promise<void> {
  for (let tries = 0; tries < END_TRIES; tries++)
    try {
      await host.whenOnline();
      await terminate(host.http, serverId, { signal: new AbortController().signal });
      return;
    } catch (error) {
      if (!(error instanceof ConfabError) || error.code !== "offline") return;
    }
}
