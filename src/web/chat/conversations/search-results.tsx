import { useEffect, useState } from "preact/hooks";
import type { Conversation, User } from "../../../client/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { openConversation, openId } from "../routing.ts";
import { client, me } from "../session/session.ts";
import { ConversationRow } from "./row.tsx";
import { titleOf } from "./title.ts";

/** The server is asked when nothing was typed for so long, in ms. */
const PAUSE = 180;
const PEOPLE = 20;
const CONVERSATIONS = 50;

interface Found {
  search: string;
  conversations: readonly Conversation[];
  people: readonly User[];
  failed: boolean;
}

export function SearchResults({ search, onDone }: { search: string; onDone: () => void }) {
  const { list } = texts.messages;
  const found = useSearch(search);
  const isCurrent = found?.search === search;
  const here = client.conversations.items.filter((conversation) => matches(conversation, search));
  const known = new Set(here.map((conversation) => conversation.id));
  if (isCurrent) here.push(...found.conversations.filter((conversation) => !known.has(conversation.id)));
  const open = async (user: User) => {
    try {
      const conversation = await client.create([user.id]);
      onDone();
      openConversation(conversation.id);
      conversation.close();
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), { error: true });
    }
  };
  const people = found?.people ?? [];
  return (
    <div class="search-results">
      <p class="visually-hidden" role="status">
        {isCurrent && here.length + people.length === 0 ? list.nothingFound(search) : ""}
      </p>
      {here.length > 0 && (
        <section aria-label={list.conversations}>
          <h2>{list.conversations}</h2>
          <ul>
            {here.map((conversation) => (
              <li key={conversation.id}>
                <ConversationRow conversation={conversation} isOpen={conversation.id === openId.value} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {people.length > 0 && (
        <section aria-label={list.people}>
          <h2>{list.people}</h2>
          <ul>
            {people.map((user) => (
              <li key={user.id}>
                <button type="button" class="conversation-row" onClick={() => void open(user)}>
                  <Avatar name={user.full_name} id={user.id} />
                  <span class="entry-text">
                    <span class="entry-title">
                      <bdi>{user.full_name}</bdi>
                    </span>
                    <span class="entry-preview">{user.email}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {found?.failed && <p class="search-note">{list.searchFailed}</p>}
      {here.length + people.length === 0 && !found?.failed && (
        <p class="search-note" aria-hidden="true">
          {isCurrent ? list.nothingFound(search) : list.searching}
        </p>
      )}
    </div>
  );
}

/** What is known here already is shown at once. */
function matches(conversation: Conversation, search: string): boolean {
  const wanted = search.toLocaleLowerCase();
  const people = conversation.info?.participants ?? [];
  const names = people.filter((user) => user.id !== me.peek()?.id).flatMap((user) => [user.full_name, user.email]);
  return [titleOf(conversation, me.peek()), ...names].some((name) => name.toLocaleLowerCase().includes(wanted));
}

function useSearch(search: string): Found | undefined {
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(async () => {
      try {
        const [{ items }, { users }] = await Promise.all([
          client.conversations.search(search, { limit: CONVERSATIONS }),
          client.people(search, { limit: PEOPLE }),
        ]);
        if (!isOver) setFound({ search, conversations: items, people: users, failed: false });
      } catch {
        if (!isOver) setFound({ search, conversations: [], people: [], failed: true });
      }
    }, PAUSE);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [search]);
  return found;
}
