import { useEffect, useState } from "preact/hooks";
import { openThread, threadsOf } from "../../../sdk/features/threads.ts";
import type { Conversation, SentMessage } from "../../../sdk/index.ts";
import { useSession } from "../session/context.ts";
import { noteRoot } from "./roots.ts";

export interface OpenedThread {
  thread?: Conversation;
  /** The message that it answers. */
  root?: SentMessage;
  hasFailed?: boolean;
}

/** Opens the thread that answers a message, while the component is mounted. Follows the message too. */
export function useThread(parent: Conversation | undefined, seq: number): OpenedThread {
  const { client } = useSession();
  const [opened, setOpened] = useState<OpenedThread>({});
  const isKnown = parent?.info !== undefined;
  useEffect(() => {
    if (!parent || !isKnown) return;
    let thread: Conversation | undefined;
    let isOver = false;
    const loaded = () => {
      const found = parent.messages[parent.indexOf(seq)];
      return found?.state === "sent" ? found : undefined;
    };
    const open = async () => {
      const root = loaded() ?? (await parent.messageAt(seq));
      // Retention may have removed the message. Its thread is in the list of threads all the same.
      const listed = threadsOf(client).items.find(({ info }) => info?.parent_id === parent.id && info.root_seq === seq);
      if (!root && !listed) throw new Error("there is no such message");
      const found = root ? await openThread(parent, root) : client.open(listed?.id ?? "");
      if (isOver) return found.close();
      thread = found;
      if (root) noteRoot(found, { parent, message: root });
      setOpened({ thread: found, ...(root ? { root } : {}) });
    };
    open().catch(() => setOpened({ hasFailed: true }));
    const off = parent.on("change", () => {
      const root = loaded();
      if (root) setOpened((before) => (before.root === root || !before.thread ? before : { ...before, root }));
    });
    return () => {
      isOver = true;
      off();
      thread?.close();
    };
  }, [parent, isKnown, seq]);
  return opened;
}
