import type { ChatMessage } from "../../../../sdk/index.ts";
import { announce } from "../../../design/toast.tsx";
import { reactionTexts } from "../../../texts/reactions.ts";
import { previewOf } from "../preview.ts";

/** Milliseconds. Reactions that come together are told together. */
const TOGETHER_MS = 1_500;
const NAMED = 2;

const waiting = new Map<string, { message: ChatMessage; emoji: string; names: Set<string> }>();

/** Tells screen readers that somebody has reacted to your message. */
export function announceReaction(message: ChatMessage, emoji: string, name = reactionTexts.somebody) {
  const key = `${message.id} ${emoji}`;
  const known = waiting.get(key) ?? { message, emoji, names: new Set<string>() };
  known.names.add(name);
  if (!waiting.has(key)) setTimeout(() => tell(key), TOGETHER_MS);
  waiting.set(key, known);
}

function tell(key: string) {
  const found = waiting.get(key);
  waiting.delete(key);
  if (!found) return;
  const names = [...found.names];
  const others = Math.max(0, names.length - NAMED);
  announce(reactionTexts.said(names.slice(0, NAMED), others, found.emoji, previewOf(found.message)));
}
