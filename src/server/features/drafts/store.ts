import { type Draft, type DraftBody, type DraftState, draftState } from "../../../protocol/drafts.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { iso } from "../../platform/postgres/values.ts";
import { OwnStream } from "../me/own-stream.ts";
import { databaseNow, readableConversation } from "../me/places.ts";

type Outcome = { kind: "set" | "newer"; draft: Draft; isChanged: boolean } | { kind: "outsider"; isChanged: false };

/** People's drafts: entries of their own streams. */
export class DraftsStore {
  constructor(private readonly db: Database) {}

  /** Sets a draft, unless it has changed since `based_on`: then `newer` is the one that is there. */
  set(userId: number, conversationId: string, { based_on, ...body }: DraftBody): Promise<Outcome> {
    return this.db.transaction(async (tx): Promise<Outcome> => {
      const stream = await OwnStream.lock(tx, userId);
      const place = await readableConversation(tx, userId, conversationId);
      if (!place) return { kind: "outsider", isChanged: false };
      const there = draftIn(await stream.entry("draft", conversationId));
      if (there && there.content === body.content && there.reply_to === body.reply_to)
        return { kind: "set", draft: there, isChanged: false };
      if (there && based_on !== undefined && there.me_version !== based_on)
        return { kind: "newer", draft: there, isChanged: false };
      const value: DraftState = { ...body, updated_at: iso(await databaseNow(tx)) };
      const me_version = await stream.put("draft", conversationId, value, place.memberOf);
      return { kind: "set", draft: { ...value, me_version }, isChanged: true };
    });
  }

  /** Removes a draft in the same way. Without one there is nothing to do. */
  remove(
    userId: number,
    conversationId: string,
    basedOn: number | undefined,
  ): Promise<{ newer: Draft | undefined; isChanged: boolean }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const there = draftIn(await stream.entry("draft", conversationId));
      if (there && basedOn !== undefined && there.me_version !== basedOn) return { newer: there, isChanged: false };
      return { newer: undefined, isChanged: await stream.remove("draft", conversationId) };
    });
  }
}

function draftIn(entry: { value: Record<string, unknown>; meVersion: number } | undefined): Draft | undefined {
  const state = draftState.safeParse(entry?.value).data;
  return state && entry && { ...state, me_version: entry.meVersion };
}
