import { useEffect, useRef, useState } from "preact/hooks";
import type { User } from "../../../sdk/index.ts";
import { isFound } from "../../../text/fold.ts";
import { useSession } from "../session/context.ts";

/** Milliseconds without a key before the server is asked. */
const DEBOUNCE_MS = 200;
const PAGE = 30;

interface Found {
  search: string;
  users: readonly User[];
  total: number;
}

export interface PeopleSearch {
  /** Until there is an answer, the earlier results that fit the text. Only these can be chosen. */
  users: readonly User[];
  total: number;
  /** The results belong to an earlier text, or there are none yet. */
  isLoading: boolean;
  fault: string | undefined;
  loadMore: () => void;
}

/**
 * Finds people whose name or email contains the text, page by page. A failed search runs again when the connection is
 * back.
 */
export function usePeople(text: string): PeopleSearch {
  const { client, connection } = useSession();
  const [found, setFound] = useState<Found>({ search: "", users: [], total: 0 });
  const [isLoading, setLoading] = useState(true);
  const [fault, setFault] = useState<string>();
  const search = text.trim();
  const isOnline = connection.value.state === "online";
  const newest = useRef(0);
  const wasAsked = useRef(false);

  async function load(offset: number) {
    const own = ++newest.current;
    setLoading(true);
    try {
      const { users, total } = await client.people(search, { limit: PAGE, offset });
      if (own !== newest.current) return;
      setFound((before) => ({ search, users: offset === 0 ? users : join(before.users, users), total }));
      setFault(undefined);
    } catch (error) {
      if (own === newest.current) setFault(error instanceof Error ? error.message : String(error));
    } finally {
      if (own === newest.current) setLoading(false);
    }
  }

  useEffect(() => {
    setLoading(true);
    const timer = setTimeout(() => void load(0), wasAsked.current ? DEBOUNCE_MS : 0);
    wasAsked.current = true;
    return () => {
      clearTimeout(timer);
      newest.current++;
    };
  }, [text, fault !== undefined && isOnline]);

  const { users, total } = found;
  return {
    users: found.search === search ? users : users.filter((user) => isFoundBy(user, search)),
    total,
    isLoading: isLoading || (found.search !== search && fault === undefined),
    fault,
    loadMore: () => void (isLoading || users.length >= total || load(users.length)),
  };
}

/** Matches people in the same way as the server. */
export const isFoundBy = ({ full_name, email }: User, search: string) => isFound(`${full_name} ${email}`, search);

/** A person who joins shifts the pages, so another one may come twice. */
function join(before: readonly User[], more: readonly User[]): User[] {
  const known = new Set(before.map(({ id }) => id));
  return [...before, ...more.filter(({ id }) => !known.has(id))];
}
