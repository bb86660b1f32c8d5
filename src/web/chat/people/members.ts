import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation, User } from "../../../sdk/index.ts";
import { useSession } from "../session/context.ts";

const PAGE = 50;
/** The server returns no more at once. */
const MOST = 1000;

/** Loads the members of a group page by page. When members change, it loads again as many as were loaded. */
export function useMembers(conversation: Conversation | undefined, size = PAGE) {
  const { client } = useSession();
  const [members, setMembers] = useState<readonly User[]>(conversation?.info?.participants ?? []);
  const [next, setNext] = useState<number | null>(null);
  const newest = useRef(0);
  const sign = `${conversation?.info?.participant_count} ${conversation?.info?.participants.map(({ id }) => id).join(" ")}`;

  async function load(after: number | undefined) {
    if (!conversation) return;
    const own = ++newest.current;
    const limit = after === undefined ? Math.min(Math.max(size, members.length), MOST) : size;
    const page = await conversation
      .participants({ limit, ...(after === undefined ? {} : { after }) })
      .catch(() => undefined);
    if (!page || own !== newest.current) return;
    setMembers((before) => (after === undefined ? page.users : [...before, ...page.users]));
    setNext(page.next);
  }

  useEffect(() => {
    setMembers((before) => (before.length === 0 ? (conversation?.info?.participants ?? []) : before));
    void load(undefined);
  }, [conversation, sign]);

  useEffect(
    () => client.on("user", (user) => setMembers((before) => before.map((one) => (one.id === user.id ? user : one)))),
    [],
  );

  return {
    members,
    hasMore: next !== null,
    loadMore: () => void (next !== null && load(next)),
    reload: () => load(undefined),
  };
}
