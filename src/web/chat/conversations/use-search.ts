import { useEffect, useState } from "preact/hooks";
import type { Conversation, User } from "../../../sdk/index.ts";
import { useSession } from "../session/context.ts";

/** Milliseconds without a key before the server is asked. */
const PAUSE = 180;
const PEOPLE = 20;
const CONVERSATIONS = 50;

export interface Found {
  search: string;
  conversations: readonly Conversation[];
  people: readonly User[];
  failed: boolean;
}

/**
 * Searches all conversations and people on the server. Earlier results stay until the answer, and an empty text finds
 * nothing. A failed search runs again when the connection is back.
 */
export function useSearch(search: string): Found | undefined {
  const { client, connection } = useSession();
  const [found, setFound] = useState<Found>();
  const isOnline = connection.value.state === "online";
  useEffect(() => {
    if (search === "") return setFound(undefined);
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
  }, [search, found?.failed === true && isOnline]);
  return found;
}
