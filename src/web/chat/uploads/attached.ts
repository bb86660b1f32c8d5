import { signal } from "@preact/signals";
import type { Conversation } from "../../../sdk/index.ts";
import type { PendingUpload } from "../../../sdk/public/uploads.ts";
import { sendOptions, setSendOption } from "../messages/send-options.ts";

const NONE: readonly PendingUpload[] = [];

/** The files that the next message of the conversation will have. */
export const attachedTo = (conversation: Conversation): readonly PendingUpload[] =>
  sendOptions(conversation).value.uploads ?? NONE;

export const setAttached = (conversation: Conversation, uploads: readonly PendingUpload[]) =>
  setSendOption(conversation, "uploads", uploads.length > 0 ? uploads : undefined);

/** The attached files that can't be sent, by their ids. */
export const failedUploads = signal<ReadonlySet<string>>(new Set());
