import { signal } from "@preact/signals";
import type { User } from "../../../sdk/index.ts";

/** The dialogs that any part of the chat can open, one at a time. */
export type OpenDialog =
  | { kind: "start" }
  | { kind: "details"; conversationId: string }
  | { kind: "add"; conversationId: string }
  /** Invite links to a group, or to the server only. */
  | { kind: "invites"; conversationId: string | undefined }
  /** Closing it leads back to the dialog before. */
  | { kind: "person"; user: User; from: OpenDialog | undefined }
  | { kind: "switcher" }
  | { kind: "keys" };

export const openDialog = signal<OpenDialog | undefined>(undefined);

export const closeDialog = () => {
  openDialog.value = undefined;
};

/** Opens the dialog for a new 1-on-1 or group. */
export const startConversation = () => {
  openDialog.value = { kind: "start" };
};

/** Opens the dialog with the members of a conversation. */
export const showDetails = (conversationId: string) => {
  openDialog.value = { kind: "details", conversationId };
};

export const showPerson = (user: User) => {
  openDialog.value = { kind: "person", user, from: openDialog.peek() };
};
