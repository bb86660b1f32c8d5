import type { Conversation } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { IconButton } from "../../design/button.tsx";
import { texts } from "../../texts/texts.ts";
import { otherOf } from "../base/conversation-title.ts";
import { showDetails } from "../base/open-dialog.ts";
import { closeConversation } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
import { sinceTime } from "./times.ts";

/** The title of the conversation, and whether the other person is online. */
export function ConversationHeader({ conversation, title }: { conversation: Conversation; title: string }) {
  const { me } = useSession();
  const { info } = conversation;
  const other = otherOf(info, me.value);
  const presence = usePresenceOf(other?.id);
  const { header } = texts.messages;
  const lastSeen = presence?.last_seen ?? other?.last_seen;
  const below = !info
    ? ""
    : info.is_group
      ? header.people(info.participant_count)
      : other?.is_active === false
        ? header.deactivated
        : presence?.online
          ? header.online
          : lastSeen
            ? header.lastSeen(sinceTime(lastSeen))
            : header.offline;
  return (
    <header class="conversation-header">
      <IconButton class="conversation-back" icon="back" label={header.back} onClick={closeConversation} />
      <Avatar
        name={title}
        id={other?.id ?? conversation.id}
        group={info?.is_group ?? false}
        online={presence?.online}
      />
      <div class="conversation-heading">
        <h1 class="conversation-title">
          <bdi class="conversation-name clip">{title}</bdi>
        </h1>
        <p class="conversation-presence">
          <bdi>{below}</bdi>
        </p>
      </div>
      <IconButton icon="info" label={header.details} onClick={() => showDetails(conversation.id)} />
    </header>
  );
}
