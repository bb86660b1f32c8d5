import type { Conversation, User } from "../../../sdk/index.ts";
import { isFound } from "../../../text/fold.ts";
import { Avatar } from "../../design/avatar.tsx";
import { avatarOf, groupPicture } from "../../design/pictures.ts";
import { searchTexts } from "../../texts/search.ts";
import { otherOf, titleOf } from "../base/conversation-title.ts";
import { knownConversations } from "../base/known-conversations.ts";
import { openConversation } from "../base/routing.ts";
import { useSearch } from "../conversations/use-search.ts";
import { writeTo } from "../people/write-to.ts";
import { useSession } from "../session/context.ts";

const SHOWN = 6;

/** Conversations and people whose names have the words, in one row. */
export function FoundPlaces({ words }: { words: string }) {
  const { client, me } = useSession();
  const found = useSearch(words);
  const titleFits = (conversation: Conversation) => isFound(titleOf(conversation, me.value), words);
  const here = knownConversations(client).filter(titleFits);
  const known = new Set(here.map(({ id }) => id));
  const there =
    found?.search === words ? found.conversations.filter((one) => !known.has(one.id) && titleFits(one)) : [];
  const conversations = [...here, ...there];
  const partners = new Set(conversations.map(({ info }) => otherOf(info, me.value)?.id));
  const people = (found?.search === words ? found.people : []).filter(({ id }) => !partners.has(id));
  const places = [...conversations, ...people].slice(0, SHOWN);
  if (places.length === 0) return null;
  return (
    <section class="search-places" aria-label={searchTexts.places}>
      <h2>{searchTexts.places}</h2>
      <ul>
        {places.map((place) => (
          <li key={place.id}>
            {isPerson(place) ? (
              <button type="button" class="search-place" onClick={() => void writeTo(client, place)}>
                <Avatar name={place.full_name} id={place.id} size="s" picture={avatarOf(place)} />
                <bdi class="clip">{place.full_name}</bdi>
              </button>
            ) : (
              <button type="button" class="search-place" onClick={() => openConversation(place.id)}>
                <Avatar
                  name={titleOf(place, me.value)}
                  id={otherOf(place.info, me.value)?.id ?? place.id}
                  size="s"
                  group={place.info?.is_group ?? false}
                  picture={place.info && groupPicture(place.info)}
                />
                <bdi class="clip">{titleOf(place, me.value)}</bdi>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const isPerson = (place: Conversation | User): place is User => "full_name" in place;
