import type { Conversation, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { groupPicture } from "../../design/pictures.ts";
import { texts } from "../../texts/texts.ts";
import { addressOf, otherOf, titleOf } from "../base/conversation-title.ts";
import { MentionBadge, UnreadBadge } from "../base/unread-badge.tsx";
import { draftOf, draftsRevision } from "../messages/drafts.ts";
import { preview, previewOf } from "../messages/preview.ts";
import { listTime } from "../messages/times.ts";
import { addedTo } from "../people/added.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
import { useChanges } from "../session/use-changes.ts";
import { rowOf } from "./row-at.ts";

export function ConversationRow({ conversation, isOpen }: { conversation: Conversation; isOpen: boolean }) {
  const { me } = useSession();
  useChanges(conversation);
  const { conversations: list } = texts;
  const { info, lastMessage, unread, mentions } = conversation;
  const other = otherOf(info, me.value);
  const presence = usePresenceOf(other?.id);
  const title = titleOf(conversation, me.value);
  const isAdded = addedTo.value.has(conversation.id);
  const { isMuted, markedUnread } = conversation.preferences;
  const time = lastMessage?.created_at ?? info?.updated_at;
  const isNew = (unread > 0 && !isMuted) || isAdded || markedUnread;
  return (
    <div class="entry" ref={rowOf(conversation)}>
      <a
        class={isNew ? "conversation-row conversation-unread" : "conversation-row"}
        href={addressOf(conversation)}
        aria-current={isOpen ? "page" : undefined}
      >
        <Avatar
          name={title}
          id={other?.id ?? conversation.id}
          group={info?.is_group ?? false}
          picture={info && groupPicture(info)}
          online={presence?.online}
        />
        <span class="entry-text">
          <span class="entry-line">
            <bdi class="entry-title clip">{title}</bdi>
            {presence?.online && <span class="visually-hidden">, {list.online}</span>}
            {isMuted && (
              <span class="entry-muted">
                <Icon name="bell-off" />
                <span class="visually-hidden">{list.muted}</span>
              </span>
            )}
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
            {mentions > 0 && <MentionBadge count={mentions} isMuted={isMuted} />}
            {unread > 0 ? (
              <UnreadBadge count={unread} isMuted={isMuted} />
            ) : (
              markedUnread && (
                <span class="unread-badge unread-mark">
                  <span class="visually-hidden">{list.markedUnread}</span>
                </span>
              )
            )}
          </span>
        </span>
      </a>
      <IconButton class="entry-more" icon="more" label={list.actions(title)} tabIndex={-1} aria-haspopup="menu" />
    </div>
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
