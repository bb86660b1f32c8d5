import { useEffect, useRef, useState } from "preact/hooks";
import { filesIn } from "../../../sdk/features/conversation-files.ts";
import type { Conversation } from "../../../sdk/index.ts";
import type { ConversationFile, FileKind } from "../../../sdk/public/conversation-files.ts";
import { isDeleted } from "../messages/preview.ts";
import { useSession } from "../session/context.ts";

/**
 * The files of a conversation of some kinds, newest first. More are loaded when asked. New messages put theirs in front, and
 * those of deleted messages leave.
 */
export function useFilePages(conversation: Conversation | undefined, kinds: readonly FileKind[], limit: number) {
  const { client } = useSession();
  const [files, setFiles] = useState<readonly ConversationFile[]>();
  const [next, setNext] = useState<number | null>(null);
  const [state, setState] = useState<"idle" | "loading" | "failed">("loading");
  /** Counts what was asked for. A late answer to an earlier question is not shown. */
  const asked = useRef(0);

  async function load(before: number | undefined) {
    if (!conversation) return;
    const own = ++asked.current;
    setState("loading");
    const range = { limit, kinds, ...(before === undefined ? {} : { before }) };
    const page = await filesIn(client, conversation.id, range).catch(() => undefined);
    if (own !== asked.current) return;
    setState(page ? "idle" : "failed");
    if (!page) return;
    setFiles((shown) => (before === undefined ? page.files : [...(shown ?? []), ...page.files]));
    setNext(page.next);
  }

  useEffect(() => {
    setFiles(undefined);
    setNext(null);
    void load(undefined);
    if (!conversation) return;
    const stopMessages = conversation.on("message", ({ files }) => files && void load(undefined));
    const stopChanges = conversation.on(
      "change",
      ({ messages }) => messages && setFiles((shown) => left(shown, conversation)),
    );
    // A page that did not load may load now.
    const again = () => void load(undefined);
    addEventListener("online", again);
    return () => {
      asked.current++;
      stopMessages();
      stopChanges();
      removeEventListener("online", again);
    };
  }, [conversation, kinds]);

  return {
    files,
    hasMore: next !== null,
    state,
    more: () => void (state === "idle" && next !== null && load(next)),
    again: () => void load(undefined),
  };
}

/** Those that are left after a change. The same list if all are, so that nothing renders. */
function left(shown: readonly ConversationFile[] | undefined, { messages }: Conversation) {
  if (!shown) return shown;
  const gone = new Set(messages.filter(isDeleted).map(({ id }) => id));
  const next = shown.filter(({ message_id }) => !gone.has(message_id));
  return next.length === shown.length ? shown : next;
}
