import type { Conversation, User } from "../../../sdk/index.ts";
import { isFound } from "../../../text/fold.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { avatarOf } from "../../design/pictures.ts";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { invitePeople } from "../base/open-dialog.ts";
import { navigate, openId, pathTo } from "../base/routing.ts";
import { writeTo } from "../people/write-to.ts";
import { useSession } from "../session/context.ts";
import { directoryOpen } from "../session/server.ts";
import { ConversationRow } from "./row.tsx";
import { useSearch } from "./use-search.ts";

export function SearchResults({ search, onDone }: { search: string; onDone: () => void }) {
  const { conversations: list } = texts;
  const { client, me } = useSession();
  const found = useSearch(search);
  const isCurrent = found?.search === search;
  const here = knownConversations(client).filter((conversation) => matches(conversation, search, me.value));
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
                  <Avatar name={user.full_name} id={user.id} picture={avatarOf(user)} />
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
      <a class="conversation-row search-messages" href={`${pathTo("search")}?${new URLSearchParams({ q: search })}`}>
        <Icon name="search" />
        <span class="entry-text clip">{searchTexts.searchFor(search)}</span>
      </a>
      {found?.failed && <p class="search-note">{list.searchFailed}</p>}
      {here.length + people.length === 0 &&
        !found?.failed &&
        (isCurrent ? (
          <Nothing search={search} />
        ) : (
          <p class="search-note" aria-hidden="true">
            {list.searching}
          </p>
        ))}
    </div>
  );
}

/** The ways on when a search finds nothing. */
function Nothing({ search }: { search: string }) {
  const { isSuperuser } = useSession();
  return (
    <div class="conversations-empty">
      <p class="conversations-empty-title" aria-hidden="true">
        {texts.conversations.nothingFound(search)}
      </p>
      <p>{directoryOpen ? texts.conversations.nothingHint : texts.home.notShared}</p>
      <Button icon="users" onClick={() => navigate(pathTo("people"))}>
        {texts.conversations.allPeople}
      </Button>
      {isSuperuser.value && (
        <Button icon="user-add" onClick={invitePeople}>
          {texts.shell.invitePeople}
        </Button>
      )}
    </div>
  );
}

/** Conversations that the page already knows match at once. */
function matches(conversation: Conversation, search: string, me: User | undefined): boolean {
  const people = conversation.info?.participants ?? [];
  const names = people.filter((user) => user.id !== me?.id).flatMap((user) => [user.full_name, user.email]);
  return [titleOf(conversation, me), ...names].some((name) => isFound(name, search));
}
