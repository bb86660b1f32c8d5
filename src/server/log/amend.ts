import type { Message } from "../../protocol/messages.ts";
import { Failure } from "../base/failure.ts";
import type { Change } from "./changes.ts";
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from "./rows.ts";

/** The answer of `confab_edit` (sql/edit.sql). */
export type AmendRow =
  | ({ outcome: "amended" | "unchanged"; at_version: number; at_tag: string; at_seq: number } & MessageRow)
  | {
      outcome:
        | "conversation_not_found"
        | "not_a_participant"
        | "message_not_found"
        | "not_the_sender"
        | "message_deleted";
    };

/** The start of a statement that reads `confab_edit(…) a` and its message `m`. */
export const AMENDED = `SELECT a.outcome, a.at_version, a.at_tag, a.at_seq, ${MESSAGE_COLUMNS}`;

/** The outcome. Throws the Failure that the function names. */
export function amendedOf(
  row: AmendRow | undefined,
  conversationId: string,
): { message: Message; change: Change | undefined } {
  if (!row) throw new Error("confab_edit gave no answer");
  if (row.outcome !== "amended" && row.outcome !== "unchanged") throw new Failure(row.outcome);
  const message = messageOf(row);
  if (row.outcome === "unchanged") return { message, change: undefined };
  const { at_version: version, at_tag: tag, at_seq: lastSeq } = row;
  const kind = message.deleted_at === undefined ? "message_edited" : "message_deleted";
  return { message, change: { kind, conversationId, version, tag, lastSeq, message } };
}
