import type { MessageFile } from "./files.ts";
import type { Mentions } from "./mentions.ts";
import type { Pinned } from "./pins.ts";
import type { NewPoll, Poll } from "./polls.ts";
import type { Preview } from "./previews.ts";
import type { Reaction } from "./reactions.ts";
import type { Quote } from "./replies.ts";
import type { FromThread, ThreadSummary } from "./threads.ts";
import type { PendingUpload } from "./uploads.ts";

/**
 * The optional parts of a message. Each feature adds its own, with the types that stand beside this file. The client keeps
 * parts that it does not know.
 */
export interface MessageFields {
  files?: MessageFile[] | undefined;
  mentions?: Mentions | undefined;
  reactions?: Reaction[] | undefined;
  reply_to?: Quote | undefined;
  pinned?: Pinned | undefined;
  poll?: Poll | undefined;
  /** The pages that the addresses in the text lead to. Empty: somebody has removed them. */
  previews?: Preview[] | undefined;
  /** The thread that answers this message. */
  thread?: ThreadSummary | undefined;
  /** This message is a copy of a reply in a thread. Edits and deletions reach both. */
  from_thread?: FromThread | undefined;
  /** This reply is in the conversation of its thread too. */
  also_in_parent?: true | undefined;
}

/** Further fields of a message that is sent. The client passes on options that it does not know. */
export interface SendOptions {
  /** The ids of files that were uploaded, at most ten. The text may be empty then. */
  files?: string[];
  /** Files of `attach` in `confab/client/files`. The message goes out when the server has them, and the text may be empty. */
  uploads?: readonly PendingUpload[];
  /** The id of the message that this one answers. */
  reply_to?: string;
  /** Makes the message a poll. */
  poll?: NewPoll;
  /** The newest `seq` that the user has seen. The server refuses the message with `newer` when there is a newer one. */
  if_seq?: number;
  /** In a thread: the message also goes to the conversation of the thread. */
  also_in_parent?: boolean;
  /** In a thread: the message that it answers. Starts the thread, if nobody has done so yet. */
  thread_of?: { conversation_id: string; message_id: string };
  [option: string]: unknown;
}
