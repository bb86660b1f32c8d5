import { EMPTY_CONTENT } from "../../protocol/content.ts";
import type { Message } from "../../protocol/messages.ts";
import { Failure, invalidField } from "../base/failure.ts";
import type { KnownChange } from "./changes.ts";
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from "./rows.ts";

/** A row of `confab_edit_in_both` (sql/edit-in-both.sql). */
export type AmendRow =
  | ({ outcome: "amended" | "unchanged"; at_version: number; at_tag: string; at_seq: number } & MessageRow)
  | {
      outcome:
        | "content_empty"
        | "conversation_not_found"
        | "not_a_participant"
        | "message_not_found"
        | "not_the_sender"
        | "message_deleted"
        | "poll_has_votes";
    };

/** The start of a statement that reads `confab_edit_in_both(…) a` and its message `m`. */
export const AMENDED = `SELECT a.outcome, a.at_version, a.at_tag, a.at_seq, ${MESSAGE_COLUMNS}`;

type MessageChange = KnownChange<"message_edited" | "message_deleted">;

/** `change` is undefined when the message was in that state already. `twin` is the change of its other copy. */
export interface Amended {
  message: Message;
  change: MessageChange | undefined;
  twin?: MessageChange;
}

/** The outcome. Throws the Failure that the function names for the message itself. */
export function amendedOf([row, twin]: AmendRow[]): Amended {
  const amended = outcomeOf(row);
  // Retention may have removed the twin.
  const other = twin?.outcome === "amended" ? outcomeOf(twin).change : undefined;
  return other ? { ...amended, twin: other } : amended;
}

function outcomeOf(row: AmendRow | undefined): Amended {
  if (!row) throw new Error("confab_edit_in_both gave no answer");
  if (row.outcome === "content_empty") throw invalidField("content", EMPTY_CONTENT);
  if (row.outcome !== "amended" && row.outcome !== "unchanged") throw new Failure(row.outcome);
  const message = messageOf(row);
  if (row.outcome === "unchanged") return { message, change: undefined };
  const { at_version: version, at_tag: tag, at_seq: lastSeq } = row;
  const { conversation_id: conversationId } = message;
  const kind = message.deleted_at === undefined ? "message_edited" : "message_deleted";
  return { message, change: { kind, conversationId, version, tag, lastSeq, message } };
}
