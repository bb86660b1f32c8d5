import { touches } from "../focus.ts";
import type { Run } from "../message-action.ts";
import { rowAt } from "../message-menu.ts";
import type { ReactedMessage } from "./place.ts";

/** Opens the picker of emoji for a message: beside an element, or as a sheet for a finger. */
export async function openPicker(reacted: ReactedMessage, beside: HTMLElement) {
  const { showPicker } = await import("./choose.tsx");
  showPicker(reacted, touches.matches ? "sheet" : beside);
}

/** Opens the list of the people who reacted with an emoji. */
export async function openWho(reacted: ReactedMessage, emoji: string, beside: HTMLElement) {
  const { showWho } = await import("./who.tsx");
  showWho(reacted, emoji, touches.matches ? "sheet" : beside);
}

/** The same as an action on a message: the picker opens at the message. */
export const pickReaction: Run = ({ message, conversation, client }) => {
  const focused = rowAt(document.activeElement);
  const selector = `.messages-scroller [data-key="${CSS.escape(message.key)}"]`;
  const row = focused?.dataset["key"] === message.key ? focused : document.querySelector<HTMLElement>(selector);
  const toolbar = row?.querySelector<HTMLElement>(".message-toolbar");
  void openPicker({ message, conversation, myId: client.me?.id ?? 0 }, toolbar ?? row ?? document.body);
};
