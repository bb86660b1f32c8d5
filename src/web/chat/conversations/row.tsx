import type { Conversation, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { addressOf, otherOf, titleOf } from "../base/conversation-title.ts";
import { draftOf, draftsRevision } from "../messages/drafts.ts";
import { preview, previewOf } from "../messages/preview.ts";
import { listTime } from "../messages/times.ts";
import { addedTo } from "../people/added.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
import { useChanges } from "../session/use-changes.ts";

const BADGE_MAX = 99;

export function ConversationRow({ conversation, isOpen }: { conversation: Conversation; isOpen: boolean }) {
  const { me } = useSession();
  useChanges(conversation);
  const { conversations: list } = texts;
  const { info, lastMessage, unread } = conversation;
  const other = otherOf(info, me.value);
  const presence = usePresenceOf(other?.id);
  const title = titleOf(conversation, me.value);
  const isAdded = addedTo.value.has(conversation.id);
  const time = lastMessage?.created_at ?? info?.updated_at;
  return (
    <a
      class={unread > 0 || isAdded ? "conversation-row conversation-unread" : "conversation-row"}
      href={addressOf(conversation)}
      aria-current={isOpen ? "page" : undefined}
    >
      <Avatar
        name={title}
        id={other?.id ?? conversation.id}
        group={info?.is_group ?? false}
        online={presence?.online}
      />
      <span class="entry-text">
        <span class="entry-line">
          <bdi class="entry-title clip">{title}</bdi>
          {presence?.online && <span class="visually-hidden">, {list.online}</span>}
          {time && <time dateTime={time}>{listTime(time)}</time>}
        </span>
        <span class="entry-line">
          <span class="entry-preview">{below(conversation, isOpen, me.value)}</span>
          {lastMessage?.state === "failed" ? (
            <span class="entry-failed" title={list.failed}>
              <Icon name="warning" />
              <span class="visually-hidden">{list.failed}</span>
            </span>
          ) : lastMessage?.state === "pending" ? (
            <span class="entry-pending" title={list.pending}>
              <Icon name="clock" />
              <span class="visually-hidden">{list.pending}</span>
            </span>
          ) : null}
          {isAdded && unread === 0 && <span class="unread-badge">{texts.added.badge}</span>}
          {unread > 0 && (
            <span class="unread-badge">
              <span aria-hidden="true">{unread > BADGE_MAX ? list.tooMany : unread}</span>
              <span class="visually-hidden">{list.unread(unread)}</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
}

/**
 * The most important line: typing, then the draft, then the last message. Not a component: one that reads signals would
 * not render again for the same conversation.
 */
function below(conversation: Conversation, isOpen: boolean, me: User | undefined) {
  const {
    conversations: list,
    messages: { typing },
  } = texts;
  const { typists, lastMessage, info } = conversation;
  const [typist] = typists.values();
  if (typist !== undefined)
    return (
      <span class="entry-typing">{info?.is_group ? typing.one(typist.split(" ")[0] ?? typist) : typing.inRow}</span>
    );
  // Reading the signal makes the row follow it.
  void draftsRevision.value;
  const draft = isOpen ? "" : draftOf(me?.id, conversation.id);
  if (draft !== "")
    return (
      <>
        <bdi class="entry-draft">{list.draft}</bdi> <bdi>{preview(draft)}</bdi>
      </>
    );
  // A message that came later says more.
  if (addedTo.value.has(conversation.id) && conversation.unread === 0) return <>{texts.added.row}</>;
  if (!lastMessage) return <>{list.noMessages}</>;
  const who =
    lastMessage.sender_id === me?.id ? list.you : info?.is_group ? lastMessage.sender_name.split(" ")[0] : undefined;
  return (
    <>
      {who && <bdi class="entry-who">{who}: </bdi>}
      <bdi>{previewOf(lastMessage)}</bdi>
    </>
  );
}
