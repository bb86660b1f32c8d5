import { useEffect, useState } from "preact/hooks";
import type { ConfabClient, Conversation, User } from "../../../sdk/index.ts";
import { fold } from "../../../text/fold.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Combobox } from "../../design/combobox.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Icon } from "../../design/icon.tsx";
import { avatarOf, groupPicture } from "../../design/pictures.ts";
import { peopleTexts } from "../../texts/people.ts";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { navigate, openConversation, pathTo } from "../base/routing.ts";
import { useSearch } from "../conversations/use-search.ts";
import { isFoundBy } from "../people/search.ts";
import { writeTo } from "../people/write-to.ts";
import { useSession } from "../session/context.ts";
import "./switcher.css";

const CONVERSATIONS_SHOWN = 8;
const PEOPLE_SHOWN = 6;

interface Target {
  key: string;
  title: string;
  note: string;
  /** Without one, the target is the search over messages. */
  avatar?: { id: number | string; group: boolean; picture?: string | undefined };
  go: () => unknown;
}

/** Opens any conversation, or one with any person, by a few letters. */
export function Switcher({ onClose }: { onClose: () => void }) {
  const { client, me: signedIn } = useSession();
  const me = signedIn.value;
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [isEntered, setIsEntered] = useState(false);
  const search = text.trim();
  const found = useSearch(search);
  // The lists have only recent conversations. The server finds the others a moment later. Those in the archive are there
  // only for somebody who searches.
  const here = search === "" ? client.conversations.items : knownConversations(client);
  const known = new Set([...here, ...(found?.conversations ?? [])]);
  const conversations = matching([...known], text, me).slice(0, CONVERSATIONS_SHOWN);
  const partners = new Set(conversations.map((conversation) => partnerOf(conversation, me)));
  // The results may still belong to an earlier text.
  const fits = (user: User) => !partners.has(user.id) && (found?.search === search || isFoundBy(user, search));
  const people = search === "" ? [] : (found?.people ?? []).filter(fits).slice(0, PEOPLE_SHOWN);
  const targets = [
    ...conversations.map((conversation) => toConversation(conversation, me)),
    ...people.map((user) => toPerson(user, client)),
  ];
  if (search !== "") targets.push(toMessages(search));
  const active = targets[Math.min(at, targets.length - 1)];

  // The person whom they mean may come with the server's answer.
  const isEarly = active?.key === "messages" && at === 0 && found?.search !== search && client.state === "online";

  useEffect(() => {
    if (!isEntered || isEarly) return;
    setIsEntered(false);
    // Nobody was found, and nobody asked for a search over messages.
    if (active && active.key !== "messages") go(active);
  });

  function go(target: Target) {
    onClose();
    target.go();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown") setAt((at + 1) % Math.max(targets.length, 1));
    else if (event.key === "ArrowUp") setAt((at - 1 + targets.length) % Math.max(targets.length, 1));
    else if (event.key === "Enter" && isEarly) setIsEntered(true);
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
          setIsEntered(false);
        }}
        onKeyDown={onKeyDown}
        items={targets}
        keyOf={(target) => target.key}
        active={active}
        isSelected={(target) => target === active}
        onChoose={go}
        draw={(target) => (
          <>
            {target.avatar ? (
              <Avatar name={target.title} size="s" {...target.avatar} />
            ) : (
              <span class="switcher-icon">
                <Icon name="search" />
              </span>
            )}
            <bdi class="row-title clip">{target.title}</bdi>
            <span class="soft small clip" dir="auto">
              {target.note}
            </span>
          </>
        )}
      >
        {conversations.length + people.length === 0 && (search === "" || found?.search === search) && (
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
    note: conversation.unread > 0 ? peopleTexts.unread(conversation.unread) : "",
    avatar: {
      id: partnerOf(conversation, me) ?? conversation.id,
      group: conversation.info?.is_group ?? false,
      picture: conversation.info && groupPicture(conversation.info),
    },
    go: () => openConversation(conversation.id),
  };
}

const toPerson = (user: User, client: ConfabClient): Target => ({
  key: String(user.id),
  title: user.full_name,
  note: user.email,
  avatar: { id: user.id, group: false, picture: avatarOf(user) },
  go: () => writeTo(client, user),
});

const toMessages = (search: string): Target => ({
  key: "messages",
  title: searchTexts.searchFor(search),
  note: "",
  go: () => navigate(`${pathTo("search")}?${new URLSearchParams({ q: search })}`),
});

const partnerOf = ({ info }: Conversation, me: User | undefined) => otherOf(info, me)?.id;

/** Returns conversations whose titles contain all words, in any order. Titles that begin with the text come first. */
function matching(all: readonly Conversation[], text: string, me: User | undefined): Conversation[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const found = all.filter((conversation) => {
    const title = fold(titleOf(conversation, me));
    return words.every((word) => title.includes(word));
  });
  const begins = (conversation: Conversation) => Number(fold(titleOf(conversation, me)).startsWith(fold(text.trim())));
  return text.trim() === "" ? found : found.toSorted((a, b) => begins(b) - begins(a));
}
