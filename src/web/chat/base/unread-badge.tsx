import { texts } from "../../texts/texts.ts";

const MOST = 99;

/** A number of unread messages on a round ground. */
export const UnreadBadge = ({ count, isMuted = false }: { count: number; isMuted?: boolean }) => (
  <span class={isMuted ? "unread-badge unread-muted" : "unread-badge"}>
    <span aria-hidden="true">{count > MOST ? texts.conversations.tooMany : count}</span>
    <span class="visually-hidden">{texts.conversations.unread(count)}</span>
  </span>
);

/** How many of the unread messages mention you. */
export const MentionBadge = ({ count, isMuted = false }: { count: number; isMuted?: boolean }) => (
  <span class={isMuted ? "unread-badge mention-badge unread-muted" : "unread-badge mention-badge"}>
    <span aria-hidden="true">@{count > 1 && (count > MOST ? texts.conversations.tooMany : count)}</span>
    <span class="visually-hidden">{texts.conversations.mentions(count)}</span>
  </span>
);
