import { signal } from "@preact/signals";
import type { User } from "../../../sdk/index.ts";
import type { MessageFile } from "../../../sdk/public/files.ts";
import type { OpenAside } from "./open-aside.ts";

/** A picture or video of a message, as the viewer shows it. */
export interface ShownFile {
  file: MessageFile;
  /** `undefined` until the message is sent. */
  seq: number | undefined;
  sender_name: string;
  created_at: string;
}

/** The dialogs that any part of the chat can open, one at a time. */
export type OpenDialog =
  /** A new conversation. `group` asks for the name of a group at once; `chosen` are its first people. */
  | { kind: "start"; group: boolean; chosen: readonly User[] }
  /** An aside of a conversation, where there is no room for it beside. */
  | ({ kind: "aside" } & OpenAside)
  | { kind: "add"; conversationId: string }
  /** Invite links to a group, or to the server only. */
  | { kind: "invites"; conversationId: string | undefined }
  /** Closing it leads back to the dialog before. */
  | { kind: "person"; user: User; from: OpenDialog | undefined }
  /** Why a message did or did not notify you. */
  | { kind: "why"; conversationId: string; messageId: string }
  /** A new poll. */
  | { kind: "poll"; conversationId: string }
  /** Pictures and videos, one at a time, from the oldest. Closing it leads back to the dialog before. */
  | {
      kind: "viewer";
      conversationId: string;
      shown: readonly ShownFile[];
      fileId: string;
      from: OpenDialog | undefined;
    }
  | { kind: "switcher" }
  | { kind: "keys" };

export const openDialog = signal<OpenDialog | undefined>(undefined);

export const closeDialog = () => {
  openDialog.value = undefined;
};

/** Opens the dialog for a new 1-on-1 or group. */
export const startConversation = () => {
  openDialog.value = { kind: "start", group: false, chosen: [] };
};

/** Opens the dialog for a new group. */
export const startGroup = (chosen: readonly User[] = []) => {
  openDialog.value = { kind: "start", group: true, chosen };
};

/** Opens the dialog with links to the server. */
export const invitePeople = () => {
  openDialog.value = { kind: "invites", conversationId: undefined };
};

export const showPerson = (user: User) => {
  openDialog.value = { kind: "person", user, from: openDialog.peek() };
};
