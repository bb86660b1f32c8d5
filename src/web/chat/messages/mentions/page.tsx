import { useEffect, useRef, useState } from "preact/hooks";
import { mentions } from "../../../../sdk/features/mentions.ts";
import type { Mention, User } from "../../../../sdk/index.ts";
import { Avatar } from "../../../design/avatar.tsx";
import { Button } from "../../../design/button.tsx";
import { Switch } from "../../../design/choice.tsx";
import { Icon } from "../../../design/icon.tsx";
import { Skeleton } from "../../../design/spinner.tsx";
import { mentionTexts } from "../../../texts/mentions.ts";
import { texts } from "../../../texts/texts.ts";
import { mentions as unreadMentions, useTitle } from "../../base/page-title.ts";
import { pathTo } from "../../base/routing.ts";
import { useSession } from "../../session/context.ts";
import { preview } from "../preview.ts";
import { listTime } from "../times.ts";
import "../../base/page.css";
import "./page.css";

/** The messages that mention you, from all conversations. */
export function MentionsPage() {
  useTitle(texts.shell.sections.mentions);
  const { client, connection, me } = useSession();
  const [items, setItems] = useState<readonly Mention[]>();
  const [next, setNext] = useState<string | null>(null);
  const [isUnread, setUnread] = useState(false);
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const newest = useRef(0);
  const isOnline = connection.value.state === "online";

  async function load(before?: string) {
    const own = ++newest.current;
    setState("loading");
    try {
      const page = await mentions(client, { unread: isUnread, ...(before ? { before } : {}) });
      if (own !== newest.current) return;
      setItems((known = []) => (before ? [...known, ...page.items] : page.items));
      setNext(page.next);
      setState("idle");
    } catch {
      if (own === newest.current) setState("failed");
    }
  }
  // A new mention, and one that was read elsewhere, change the list.
  const count = unreadMentions.value;
  useEffect(() => void (isOnline && load()), [isOnline, isUnread, count]);

  const isEmpty = items?.length === 0 && state === "idle";
  return (
    <section class="page page-mentions" aria-labelledby="mentions-title">
      <header class="page-head">
        <h1 id="mentions-title">{texts.shell.sections.mentions}</h1>
        <Switch label={mentionTexts.onlyUnread} checked={isUnread} onChange={setUnread} />
      </header>
      <div class="page-scroll">
        {items === undefined && state === "loading" && <Skeleton lines={6} />}
        {isEmpty && (
          <div class="empty">
            <Icon name="at" />
            <p class="empty-title">{isUnread ? mentionTexts.noUnread : mentionTexts.empty}</p>
            {!isUnread && <p>{mentionTexts.emptyText}</p>}
          </div>
        )}
        <ul class="mentions">
          {items?.map((item) => (
            <li key={item.message.id}>
              <Row {...item} me={me.value} />
            </li>
          ))}
        </ul>
        {state === "failed" && <p role="alert">{mentionTexts.failed}</p>}
        {(next !== null || state === "failed") && (
          <Button busy={state === "loading"} onClick={() => void load(next ?? undefined)}>
            {state === "failed" ? texts.design.tryAgain : mentionTexts.more}
          </Button>
        )}
      </div>
    </section>
  );
}

function Row({ message, conversation, me }: Mention & { me: User | undefined }) {
  const { sender_id, sender_name, content, created_at, seq } = message;
  const { id, is_group, display_name, participants } = conversation;
  const other = participants.find((user) => user.id !== me?.id);
  const title = is_group || !other ? display_name : other.full_name;
  return (
    <a class="mention-row" href={pathTo("conversation", id, seq)}>
      <Avatar name={sender_name} id={sender_id} />
      <span class="entry-text">
        <span class="entry-line">
          <bdi class="entry-title clip">{sender_name}</bdi>
          {is_group && <bdi class="soft clip">{mentionTexts.inConversation(title)}</bdi>}
          <time dateTime={created_at}>{listTime(created_at)}</time>
        </span>
        <bdi class="mention-text">{preview(content, message)}</bdi>
      </span>
    </a>
  );
}
