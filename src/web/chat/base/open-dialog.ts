import { signal } from "@preact/signals";
import type { User } from "../../../sdk/index.ts";

/** The dialogs that can be opened from anywhere; one at a time. */
export type OpenDialog =
  | { kind: "start" }
  | { kind: "details"; conversationId: string }
  | { kind: "add"; conversationId: string }
  /** Links to a group, or to the server alone. */
  | { kind: "invites"; conversationId: string | undefined }
  /** Closed, it leads back to the dialog it was opened from. */
  | { kind: "person"; user: User; from: OpenDialog | undefined }
  | { kind: "switcher" }
  | { kind: "keys" };

export const openDialog = signal<OpenDialog | undefined>(undefined);

export const closeDialog = () => {
  openDialog.value = undefined;
};

/** Choose people for a 1-on-1 or a group. */
export const startConversation = () => {
  openDialog.value = { kind: "start" };
};

/** Who takes part in a conversation, and what can be done about it. */
export const showDetails = (conversationId: string) => {
  openDialog.value = { kind: "details", conversationId };
};

export const showPerson = (user: User) => {
  openDialog.value = { kind: "person", user, from: openDialog.peek() };
};
