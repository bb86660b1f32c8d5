import { mentions } from "../../../../sdk/features/mentions.ts";
import type { Conversation } from "../../../../sdk/index.ts";
import { keysText } from "../../../design/keys.ts";
import { toast } from "../../../design/toast.tsx";
import { mentionTexts } from "../../../texts/mentions.ts";
import { texts } from "../../../texts/texts.ts";
import { navigate, pathTo } from "../../base/routing.ts";
import { useShortcuts } from "../../base/shortcuts.ts";
import { useSession } from "../../session/context.ts";
import { isForReader } from "./names.ts";
import "./next.css";

export const NEXT_MENTION_KEYS = "Mod+.";

/** Leads to the unread messages that mention you, one after the other. */
export function NextMention({ conversation }: { conversation: Conversation }) {
  const { client, me } = useSession();

  async function go() {
    const { id, readSeq, messages } = conversation;
    const loaded = messages.find((one) => (one.seq ?? 0) > readSeq && isForReader(one, me.peek()?.id));
    // Messages before the loaded ones may mention you too.
    const isSure = (messages[0]?.seq ?? Number.POSITIVE_INFINITY) <= readSeq + 1;
    const seq = isSure && loaded ? loaded.seq : await firstUnread(id);
    if (seq !== undefined) navigate(pathTo("conversation", id, seq));
  }

  async function firstUnread(conversationId: string) {
    let first: number | undefined;
    for (let before: string | null | undefined; before !== null; ) {
      const page = await mentions(client, { conversationId, unread: true, limit: 100, ...(before ? { before } : {}) });
      first = page.items.at(-1)?.message.seq ?? first;
      before = page.next;
    }
    return first;
  }

  const run = () => void go().catch(() => toast(mentionTexts.failed, { error: true }));
  useShortcuts("messages", [{ keys: NEXT_MENTION_KEYS, label: texts.keyboard.keys.nextMention, run }]);
  const label = mentionTexts.next(conversation.mentions);
  return (
    <button
      type="button"
      class="jump next-mention"
      aria-label={label}
      data-tip={label}
      data-tip-keys={keysText(NEXT_MENTION_KEYS)}
      onClick={run}
    >
      <span aria-hidden="true">@{conversation.mentions > 1 && conversation.mentions}</span>
    </button>
  );
}
