import type { ChatMessage } from "../../../sdk/index.ts";

/** Somebody came or went, or the group got another name, while one was here. */
export interface Notice {
  /** Its place among the messages: after those whose version is smaller. */
  version: number;
  text: string;
}

/** The same each time, so that nothing is drawn anew for it. */
export const NO_NOTICES: readonly Notice[] = [];

/** Those that stand between two messages; where there is none before, or none after, from the beginning, or to the end. */
export function noticesBetween(
  notices: readonly Notice[],
  before: ChatMessage | undefined,
  after: ChatMessage | undefined,
): readonly Notice[] {
  // One that the server does not have yet will come after all that has happened.
  if (notices.length === 0 || (before && before.state !== "sent")) return NO_NOTICES;
  const from = before?.version ?? 0;
  const to = after?.state === "sent" ? after.version : Number.POSITIVE_INFINITY;
  const between = notices.filter(({ version }) => version > from && version < to);
  return between.length === 0 ? NO_NOTICES : between;
}
