import { ownEntriesOf } from "../base/own-entries.ts";
import type { PendingAction } from "../public/actions.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation } from "../public/conversation.ts";
import type { DraftEntry } from "../public/drafts.ts";
import type { OwnEntries } from "../public/own-entries.ts";
import { act } from "./actions.ts";

/** The user's drafts, by the ids of their conversations. Follows them from the first call on. */
export const draftsOf: (client: ConfabClient) => OwnEntries<DraftEntry> = ownEntriesOf("draft");

/**
 * Stores a draft on the server, for the user's other devices. Call it a second or so after the last key, and not while an
 * earlier call is under way. A restart forgets a call that has not gone out: store the text, and call it again.
 * @param basedOn the version of the draft that the text goes on from, as `draftsOf(client).versionOf(id)` has it. When
 * another device has changed the draft since, `done` rejects with `newer` and nothing is stored
 */
export const setDraft = (
  conversation: Conversation,
  content: string,
  basedOn: number,
  replyTo?: string,
): PendingAction =>
  act(conversation, {
    kind: "draft",
    isStored: false,
    request: {
      method: "PUT",
      path: `chat/conversations/${conversation.id}/me/draft/`,
      body: { content, based_on: basedOn, ...(replyTo !== undefined && { reply_to: replyTo }) },
    },
  });

/** Removes a draft, as after its text was sent. A draft that another device has changed since stays. */
export const removeDraft = (conversation: Conversation, basedOn: number): PendingAction =>
  act(conversation, {
    kind: "draft",
    request: { method: "DELETE", path: `chat/conversations/${conversation.id}/me/draft/?based_on=${basedOn}` },
  });
