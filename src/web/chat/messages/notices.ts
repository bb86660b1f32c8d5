import type { ChatMessage } from "../../../sdk/index.ts";

/** Somebody joined or left, or the group was renamed, while this page was open. */
export interface Notice {
  /** Its place: after the messages with smaller versions. */
  version: number;
  text: string;
}

/** A constant, so that rows without notices do not render again. */
export const NO_NOTICES: readonly Notice[] = [];

/**
 * Returns the notices between two messages. Without `before` it starts at the beginning, and without `after` it goes to
 * the end.
 */
export function noticesBetween(
  notices: readonly Notice[],
  before: ChatMessage | undefined,
  after: ChatMessage | undefined,
): readonly Notice[] {
  // An unsent message will get a later version than all notices.
  if (notices.length === 0 || (before && before.state !== "sent")) return NO_NOTICES;
  const from = before?.version ?? 0;
  const to = after?.state === "sent" ? after.version : Number.POSITIVE_INFINITY;
  const between = notices.filter(({ version }) => version > from && version < to);
  return between.length === 0 ? NO_NOTICES : between;
}
