import { useState } from "preact/hooks";
import type { ConfabClient, Conversation, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Combobox } from "../../design/combobox.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { texts } from "../../texts/texts.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { openConversation } from "../base/routing.ts";
import { useSearch } from "../conversations/use-search.ts";
import { isFoundBy } from "../people/search.ts";
import { writeTo } from "../people/write-to.ts";
import { useSession } from "../session/context.ts";

const CONVERSATIONS_SHOWN = 8;
const PEOPLE_SHOWN = 6;

interface Target {
  key: string;
  title: string;
  note: string;
  avatar: { id: number | string; group: boolean };
  go: () => unknown;
}

/** Opens any conversation, or one with any person, by a few letters. */
export function Switcher({ onClose }: { onClose: () => void }) {
  const { client, me: signedIn } = useSession();
  const me = signedIn.value;
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const search = text.trim();
  const found = useSearch(search);
  // The list has only recent conversations. The server finds the others a moment later.
  const known = new Set([...client.conversations.items, ...(found?.conversations ?? [])]);
  const conversations = matching([...known], text, me).slice(0, CONVERSATIONS_SHOWN);
  const partners = new Set(conversations.map((conversation) => partnerOf(conversation, me)));
  // The results may still belong to an earlier text.
  const fits = (user: User) => !partners.has(user.id) && (found?.search === search || isFoundBy(user, search));
  const people = search === "" ? [] : (found?.people ?? []).filter(fits).slice(0, PEOPLE_SHOWN);
  const targets = [
    ...conversations.map((conversation) => toConversation(conversation, me)),
    ...people.map((user) => toPerson(user, client)),
  ];
  const active = targets[Math.min(at, targets.length - 1)];

  function go(target: Target) {
    onClose();
    target.go();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown") setAt((at + 1) % Math.max(targets.length, 1));
    else if (event.key === "ArrowUp") setAt((at - 1 + targets.length) % Math.max(targets.length, 1));
    else if (event.key === "Enter" && active) go(active);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title={texts.keyboard.switcher} shape="top" onClose={onClose}>
      <Combobox
        label={texts.keyboard.switcherSearch}
        listLabel={texts.keyboard.switcher}
        placeholder={texts.keyboard.switcherSearch}
        text={text}
        onText={(value) => {
          setText(value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        items={targets}
        keyOf={(target) => target.key}
        active={active}
        isSelected={(target) => target === active}
        onChoose={go}
        draw={(target) => (
          <>
            <Avatar name={target.title} size="s" {...target.avatar} />
            <bdi class="row-title clip">{target.title}</bdi>
            <span class="soft small clip" dir="auto">
              {target.note}
            </span>
          </>
        )}
      >
        {targets.length === 0 && (search === "" || found?.search === search) && (
          <p class="soft picker-empty">{texts.keyboard.switcherNothing}</p>
        )}
      </Combobox>
    </Dialog>
  );
}

function toConversation(conversation: Conversation, me: User | undefined): Target {
  return {
    key: conversation.id,
    title: titleOf(conversation, me),
    note: conversation.unread > 0 ? texts.people.unread(conversation.unread) : "",
    avatar: { id: partnerOf(conversation, me) ?? conversation.id, group: conversation.info?.is_group ?? false },
    go: () => openConversation(conversation.id),
  };
}

const toPerson = (user: User, client: ConfabClient): Target => ({
  key: String(user.id),
  title: user.full_name,
  note: user.email,
  avatar: { id: user.id, group: false },
  go: () => writeTo(client, user),
});

const partnerOf = ({ info }: Conversation, me: User | undefined) => otherOf(info, me)?.id;

/** Returns conversations whose titles contain all words, in any order. Titles that begin with the text come first. */
function matching(all: readonly Conversation[], text: string, me: User | undefined): Conversation[] {
  const words = folded(text).split(/\s+/).filter(Boolean);
  const found = all.filter((conversation) => {
    const title = folded(titleOf(conversation, me));
    return words.every((word) => title.includes(word));
  });
  const begins = (conversation: Conversation) =>
    Number(folded(titleOf(conversation, me)).startsWith(folded(text.trim())));
  return text.trim() === "" ? found : found.toSorted((a, b) => begins(b) - begins(a));
}

/** Removes case and accents. */
const folded = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
