import type { ChatMessage, ConfabClient, Conversation } from "../../../sdk/index.ts";
import type { IconName } from "../../design/icon.tsx";
import type { MenuAction } from "../../design/menu-item.ts";

/** All actions on the messages of a list share this. */
export interface ActionContext {
  client: ConfabClient;
  conversation: Conversation;
  /** Begins to edit a message in the text field of the list. */
  edit(message: ChatMessage): void;
}

/** A message, and all that an action on it may need. */
export interface ActionAt extends ActionContext {
  message: ChatMessage;
  /** You have written it. */
  isOwn: boolean;
}

/** The work of an action. It is imported when somebody first asks for it. */
export type Run = (at: ActionAt) => unknown;

/** An action on a message, as the toolbar, the menu, the sheet of a phone and the list of keys show it. */
export interface MessageAction {
  id: string;
  label: string;
  icon: IconName;
  /** A line in the menu divides groups. Actions of one group stand beside each other in the table. */
  group: "answer" | "keep" | "copy" | "change";
  /** The key that runs it on a focused message, as in design/keys.ts: `q`, `Delete`. */
  keys?: string;
  /** Describes the key in the list of all keys. */
  hint?: string;
  /** It also has a button of its own in the toolbar. */
  isQuick?: true;
  /** A swipe along the text runs the first of these that is possible. */
  isSwipe?: true;
  danger?: true;
  /** It is possible on a deleted message too. */
  onDeleted?: true;
  /** Whether it is possible on this message now. */
  when(at: ActionAt): boolean;
  /** Starts the work. To load the work at that time, make this with `lazily`. */
  run: Run;
  /** The item leads to these instead. */
  items?(at: ActionAt): readonly MenuAction[];
}

/** Loads the work when it is first needed. A press that comes before is not lost. */
export const lazily =
  (load: () => Promise<Run>): Run =>
  (at) =>
    void load().then((run) => run(at));
