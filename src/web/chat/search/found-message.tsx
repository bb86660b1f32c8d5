import { memo } from "preact/compat";
import type { ConfabClient, FoundConversation, SearchHit, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Icon } from "../../design/icon.tsx";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { linkedReply, pathTo } from "../base/routing.ts";
import { touches } from "../messages/focus.ts";
import { fullTime, listTime } from "../messages/times.ts";
import { goToQuoted } from "../messages/way-back.ts";
import { useSession } from "../session/context.ts";
import { Marked } from "./marked.tsx";

/** A found message. It leads to its place in the conversation, and "back" leads here again. */
export const FoundMessage = memo(({ hit, onOpen }: { hit: SearchHit; onOpen: (path: string) => void }) => {
  const { client, me } = useSession();
  const { message, excerpt, conversation } = hit;
  const { sender_id, sender_name, created_at, files = [] } = message;
  const { parent_id: parentId, root_seq: rootSeq } = conversation;
  const path = pathTo("conversation", message.conversation_id, message.seq);
  const open = (event: MouseEvent) => {
    onOpen(path);
    if (!parentId || !rootSeq) return goToQuoted(event, path, true);
    // The same link leads there by way of the thread's own address, which takes longer.
    goToQuoted(event, pathTo("thread", parentId, rootSeq), true);
    if (event.defaultPrevented) linkedReply.current = { id: conversation.id, seq: message.seq };
  };
  return (
    // The text field keeps the focus until the tap ends. Otherwise the bar below comes back and moves the row away.
    <a class="found" href={path} onClick={open} onMouseDown={(event) => touches.matches && event.preventDefault()}>
      <Avatar name={sender_name} id={sender_id} />
      <span class="entry-text">
        <span class="entry-line">
          <bdi class="entry-title clip">{sender_name}</bdi>
          <Where conversation={conversation} client={client} me={me.value} />
          <time dateTime={created_at} title={fullTime(created_at)}>
            {listTime(created_at)}
          </time>
        </span>
        <bdi class="found-text">
          <Marked {...excerpt} />
        </bdi>
        {files.length > 0 && (
          <span class="found-files">
            {files.slice(0, 3).map(({ id, name }) => (
              <span key={id} class="found-file">
                <Icon name="file" />
                <bdi class="clip">{name}</bdi>
              </span>
            ))}
          </span>
        )}
      </span>
    </a>
  );
});

/** The conversation of a found message. That of a 1-on-1 is the other person. */
function Where({
  conversation: { id, name, parent_id: parentId },
  client,
  me,
}: {
  conversation: FoundConversation;
  client: ConfabClient;
  me: User | undefined;
}) {
  const known = knownConversations(client).find((one) => one.id === (parentId ?? id));
  const title = known ? titleOf(known, me) : (name ?? texts.conversations.title);
  return (
    <span class="found-where soft small">
      {parentId !== null && <Icon name="threads" />}
      <bdi class="clip">{parentId === null ? searchTexts.inConversation(title) : searchTexts.inThread(title)}</bdi>
    </span>
  );
}
