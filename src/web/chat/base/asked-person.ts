import { signal } from "@preact/signals";
import type { Conversation } from "../../../sdk/index.ts";

/** Somebody points at the picture or the name of a person. */
export interface AskedPerson {
  /** The element with the id of the person in `data-person`. */
  owner: HTMLElement;
  id: number;
  name: string;
  /** The card opens at once and takes the focus. */
  isPressed: boolean;
  /** The person is or was a member. */
  conversation: Conversation;
}

/** The shell shows the card of this person (chat/people/hover-card.tsx). */
export const askedPerson = signal<AskedPerson | undefined>(undefined);
