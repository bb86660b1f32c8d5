import type { ComponentType, RefObject } from "preact";
import type { Conversation, SendOptions } from "../../../sdk/index.ts";
import type { IconName } from "../../design/icon.tsx";

export interface ComposerPartProps {
  conversation: Conversation;
  /** The text field. */
  field: RefObject<HTMLTextAreaElement | null>;
}

/** A row above the text field about what is being written, such as the message that it answers. */
export interface ComposerPart {
  id: string;
  /** Whether it is shown now. It may read signals, such as the options of the send. */
  when(conversation: Conversation): boolean;
  /** The component, from a chunk of its own. */
  load(): Promise<ComponentType<ComposerPartProps>>;
  /** The height of the part in CSS, so that nothing moves when it is loaded. */
  height?: string;
  /** Escape in the text field takes it away. */
  cancel?(conversation: Conversation): void;
  /** While it is shown, the text may be empty. */
  allowsNoText?: true;
  /** Why nothing can be sent while it is shown, if so. */
  whyNotSent?(conversation: Conversation): string | undefined;
  /** Sends the text in place of the conversation. Returns whether it did. */
  send?(conversation: Conversation, text: string, options: SendOptions): boolean;
}

/** Something else to write than a text, from the menu beside the text field. */
export interface ComposerAction {
  id: string;
  label: string;
  icon: IconName;
  when(conversation: Conversation): boolean;
  run(props: ComposerPartProps): void;
}
