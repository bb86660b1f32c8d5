import type { Conversation, User } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { openId } from "../base/routing.ts";
import { writeTo } from "../people/write-to.ts";
import { useSession } from "../session/context.ts";
import { ConversationRow } from "./row.tsx";
import { useSearch } from "./use-search.ts";

export function SearchResults({ search, onDone }: { search: string; onDone: () => void }) {
  const { conversations: list } = texts;
  const { client, me } = useSession();
  const found = useSearch(search);
  const isCurrent = found?.search === search;
  const here = client.conversations.items.filter((conversation) => matches(conversation, search, me.value));
  const known = new Set(here.map((conversation) => conversation.id));
  if (isCurrent) here.push(...found.conversations.filter((conversation) => !known.has(conversation.id)));
  const open = async (user: User) => {
    if (await writeTo(client, user)) onDone();
  };
  const people = found?.people ?? [];
  return (
    <div class="search-results">
      <p class="visually-hidden" role="status">
        {isCurrent && here.length + people.length === 0 ? list.nothingFound(search) : ""}
      </p>
      {here.length > 0 && (
        <section aria-label={list.title}>
          <h2>{list.title}</h2>
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
                    <bdi class="entry-title clip">{user.full_name}</bdi>
                    <span class="entry-preview">
                      <bdi>{user.email}</bdi>
                    </span>
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

/** Conversations that the page already knows match at once. */
function matches(conversation: Conversation, search: string, me: User | undefined): boolean {
  const wanted = search.toLocaleLowerCase();
  const people = conversation.info?.participants ?? [];
  const names = people.filter((user) => user.id !== me?.id).flatMap((user) => [user.full_name, user.email]);
  return [titleOf(conversation, me), ...names].some((name) => name.toLocaleLowerCase().includes(wanted));
}
