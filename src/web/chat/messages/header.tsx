import type { Conversation } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { IconButton } from "../../design/button.tsx";
import { Menu } from "../../design/menu.tsx";
import { groupPicture } from "../../design/pictures.ts";
import { texts } from "../../texts/texts.ts";
import { otherOf } from "../base/conversation-title.ts";
import { isNarrow } from "../base/narrow.ts";
import { closeConversation } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
import { useChanges } from "../session/use-changes.ts";
import { headerButtons } from "./header-buttons.ts";
import { sinceTime } from "./times.ts";

/** The title of the conversation, and whether the other person is online. */
export function ConversationHeader({ conversation, title }: { conversation: Conversation; title: string }) {
  const { me } = useSession();
  // A picture can change alone, without the title.
  useChanges(conversation);
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
        picture={info && groupPicture(info)}
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
      <HeaderButtons conversation={conversation} />
    </header>
  );
}

function HeaderButtons({ conversation }: { conversation: Conversation }) {
  const shown = headerButtons.filter(({ when }) => when?.(conversation) ?? true);
  const bar = shown.filter(({ place }) => place === "bar");
  const beside = isNarrow.value ? bar.slice(-1) : bar;
  const more = shown.filter((one) => !beside.includes(one));
  return (
    <>
      {more.length > 0 && (
        <Menu
          icon="more"
          label={texts.messages.header.more}
          items={more.map(({ label, icon, run }) => ({ label, icon, onSelect: () => run(conversation) }))}
        />
      )}
      {beside.map(({ id, icon, label, isOpen, run }) => (
        <IconButton
          key={id}
          icon={icon}
          label={label}
          aria-expanded={isOpen?.(conversation)}
          data-header={id}
          onClick={() => run(conversation)}
        />
      ))}
    </>
  );
}
