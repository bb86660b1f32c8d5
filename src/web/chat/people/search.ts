import { useEffect, useRef, useState } from "preact/hooks";
import type { User } from "../../../client/index.ts";
import { client } from "../session/session.ts";

/** So long after the last key the server is asked. */
const DEBOUNCE_MS = 200;
const PAGE = 30;

export interface PeopleSearch {
  users: readonly User[];
  total: number;
  /** What was found is of an earlier text, or nothing is there yet. */
  isLoading: boolean;
  fault: string | undefined;
  loadMore: () => void;
}

/** Everybody whose name or e-mail has the text in it, a page at a time. */
export function usePeople(text: string): PeopleSearch {
  const [found, setFound] = useState<{ users: readonly User[]; total: number }>({ users: [], total: 0 });
  const [isLoading, setLoading] = useState(true);
  const [fault, setFault] = useState<string>();
  const newest = useRef(0);
  const wasAsked = useRef(false);

  async function load(offset: number) {
    const own = ++newest.current;
    setLoading(true);
    try {
      const { users, total } = await client.people(text.trim(), { limit: PAGE, offset });
      if (own !== newest.current) return;
      setFound((before) => ({ users: offset === 0 ? users : join(before.users, users), total }));
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
  }, [text]);

  const { users, total } = found;
  return {
    users,
    total,
    isLoading,
    fault,
    loadMore: () => void (isLoading || users.length >= total || load(users.length)),
  };
}

/** Somebody who joins moves the pages, so that one may come twice. */
function join(before: readonly User[], more: readonly User[]): User[] {
  const known = new Set(before.map(({ id }) => id));
  return [...before, ...more.filter(({ id }) => !known.has(id))];
}
