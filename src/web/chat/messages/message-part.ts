import type { ComponentType, CSSProperties } from "preact";
import type { ChatMessage, Conversation } from "../../../sdk/index.ts";

export interface MessagePartProps {
  message: ChatMessage;
  conversation: Conversation;
  /** Tab reaches this message, and so the buttons in the part: `tabIndex={isActive ? 0 : -1}`. */
  isActive: boolean;
}

/**
 * - `above`: over the text, such as a quoted message
 * - `card`: below the text or in place of it, such as a poll
 * - `below`: under all that the author has written, such as reactions
 * - `mark`: beside the time, such as a pin
 */
export type PartPlace = "above" | "card" | "below" | "mark";

/** Something that a message shows beside its text. */
export interface MessagePart {
  id: string;
  place: PartPlace;
  /** Whether the message has it. Called for each row that renders, so it only looks. It may read signals. */
  when(message: ChatMessage): boolean;
  /** The component, from a chunk of its own that loads with the first message that has the part. */
  load(): Promise<ComponentType<MessagePartProps>>;
  /** The height of the part in CSS, or its whole room, so that the list has it before the part is loaded. */
  height?(message: ChatMessage): string | CSSProperties;
  /** It stands in place of the text. If it can't be loaded, the text stays. */
  hidesText?: true;
  /** A deleted message has it too. */
  onDeleted?: true;
}

/** Whether the message has a field. */
export const has =
  (field: string) =>
  (message: ChatMessage): boolean =>
    Reflect.get(message, field) !== undefined;
