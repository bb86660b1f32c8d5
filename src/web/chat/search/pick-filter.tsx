import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Conversation, User } from "../../../sdk/index.ts";
import { isFound } from "../../../text/fold.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Combobox } from "../../design/combobox.tsx";
import { avatarOf, groupPicture } from "../../design/pictures.ts";
import { searchTexts } from "../../texts/search.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { useSearch } from "../conversations/use-search.ts";
import { usePeople } from "../people/search.ts";
import { useSession } from "../session/context.ts";

const SHOWN = 20;

interface FilterProps {
  /** Gets the value of the operator. */
  onChoose: (value: string) => void;
}

/** Chooses the sender of messages. */
export function PersonFilter({ onChoose }: FilterProps) {
  const { me } = useSession();
  const [text, setText] = useState("");
  const { users, isLoading } = usePeople(text);
  const own = me.value && isFound(`${searchTexts.you} ${me.value.full_name}`, text.trim()) ? [me.value] : [];
  return (
    <Pick<User>
      label={searchTexts.person}
      listLabel={searchTexts.people}
      text={text}
      onText={setText}
      items={[...own, ...users]}
      keyOf={({ id }) => id}
      onChoose={({ email }) => onChoose(email)}
      nothing={isLoading ? "" : searchTexts.nobody}
      draw={(user) => (
        <>
          <Avatar name={user.full_name} id={user.id} size="s" picture={avatarOf(user)} />
          <bdi class="row-title clip">{user.id === me.value?.id ? searchTexts.you : user.full_name}</bdi>
          <span class="soft small clip" dir="auto">
            {user.email}
          </span>
        </>
      )}
    />
  );
}

/** Chooses the conversation of messages. */
export function ConversationFilter({ onChoose }: FilterProps) {
  const { client, me } = useSession();
  const [text, setText] = useState("");
  const search = text.trim();
  const found = useSearch(search);
  const all = [...new Set([...knownConversations(client), ...(found?.conversations ?? [])])];
  const titleIn = (conversation: Conversation) => titleOf(conversation, me.value);
  const fitting = all.filter((one) => search === "" || isFound(titleIn(one), search)).slice(0, SHOWN);
  /** A name is easier to read than an id, but several conversations may have it. */
  const operandOf = (conversation: Conversation) => {
    const title = titleIn(conversation);
    const isUnique = conversation.info?.is_group && conversation.info.name === title && !title.includes('"');
    return isUnique && all.filter((one) => titleIn(one) === title).length === 1 ? title : conversation.id;
  };
  return (
    <Pick<Conversation>
      label={searchTexts.conversation}
      listLabel={searchTexts.conversations}
      text={text}
      onText={setText}
      items={fitting}
      keyOf={({ id }) => id}
      onChoose={(conversation) => onChoose(operandOf(conversation))}
      nothing={search === "" || found?.search === search ? searchTexts.noConversation : ""}
      draw={(conversation) => (
        <>
          <Avatar
            name={titleIn(conversation)}
            id={otherOf(conversation.info, me.value)?.id ?? conversation.id}
            group={conversation.info?.is_group ?? false}
            picture={conversation.info && groupPicture(conversation.info)}
            size="s"
          />
          <bdi class="row-title clip">{titleIn(conversation)}</bdi>
        </>
      )}
    />
  );
}

interface PickProps<T> {
  label: string;
  listLabel: string;
  text: string;
  onText: (text: string) => void;
  items: readonly T[];
  keyOf: (item: T) => number | string;
  onChoose: (item: T) => void;
  /** Said when there is nothing to choose. */
  nothing: string;
  draw: (item: T) => ComponentChildren;
}

function Pick<T>({ nothing, onText, ...props }: PickProps<T>) {
  const [at, setAt] = useState(0);
  const { items, onChoose } = props;
  const active = items[Math.min(at, items.length - 1)];
  const step = (by: number) => setAt((Math.min(at, items.length - 1) + by + items.length) % Math.max(items.length, 1));
  return (
    <Combobox<T>
      {...props}
      placeholder={props.label}
      active={active}
      isSelected={(item) => item === active}
      onText={(text) => {
        onText(text);
        setAt(0);
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown") step(1);
        else if (event.key === "ArrowUp") step(-1);
        else if (event.key === "Enter" && active) onChoose(active);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {items.length === 0 && nothing !== "" && <p class="soft picker-empty">{nothing}</p>}
    </Combobox>
  );
}
