import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { remindersOf, savedMessages, savedOf } from "../../../sdk/features/saved.ts";
import type { SavedEntry, SavedMessage } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { laterTexts } from "../../texts/later.ts";
import { useSession } from "../session/context.ts";
import { LaterPage } from "./pages.tsx";
import { SavedItem } from "./saved-item.tsx";

const PAGE = 30;
/** The versions of messages that the server does not have as saved yet are beyond this. */
const UNSAVED = 2 ** 50;

/** Your saved messages, newest first. */
export function SavedPage() {
  const { client, connection } = useSession();
  const [items, setItems] = useState<readonly SavedMessage[]>();
  const [total, setTotal] = useState(0);
  const [hasFailed, setFailed] = useState(false);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const saved = savedOf(client);
  const asked = useRef(0);
  const newest = useRef({ items });
  newest.current = { items };
  const isOnline = connection.value.state === "online";

  async function load(before?: number) {
    const mine = ++asked.current;
    try {
      const page = await savedMessages(client, { limit: PAGE, ...(before !== undefined && { before }) });
      if (mine !== asked.current) return;
      setItems((known = []) => (before === undefined ? page.items : [...known, ...page.items]));
      setTotal(page.total);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  }

  useEffect(() => {
    if (isOnline) void load();
  }, [isOnline]);
  useEffect(() => {
    const changed = () => {
      redraw(undefined);
      const { items: listed = [] } = newest.current;
      const last = Math.max(0, ...listed.map(({ saved_version }) => saved_version));
      // Something was saved that the list does not have. One that waits for the server has no version yet.
      const isNew = ([key, { saved_version }]: [string, SavedEntry]) =>
        saved_version > last && saved_version < UNSAVED && !listed.some(({ message_id }) => message_id === key);
      if ([...saved.all].some(isNew)) void load();
    };
    const ends = [saved.on(changed), remindersOf(client).on(() => redraw(undefined))];
    return () => {
      for (const end of ends) end();
    };
  }, []);

  const due = remindersOf(client);
  const shown = items?.flatMap((item) => {
    const now = saved.all.get(item.message_id);
    if (saved.isLoaded && !now) return [];
    return { ...item, ...now, saved_version: item.saved_version, is_due: due.all.has(item.message_id) };
  });
  return (
    <LaterPage page="saved">
      {shown === undefined ? (
        hasFailed ? (
          <p class="page-note">{laterTexts.failed}</p>
        ) : (
          <Skeleton />
        )
      ) : shown.length === 0 ? (
        <div class="empty">
          <Icon name="bookmark" />
          <p class="empty-title">{laterTexts.empty}</p>
          <p>{laterTexts.emptyHint}</p>
        </div>
      ) : (
        <>
          <ul class="later-list">
            {shown.map((item) => (
              <li key={item.message_id}>
                <SavedItem item={item} />
              </li>
            ))}
          </ul>
          {(items?.length ?? 0) < total && (
            <Button onClick={() => void load(items?.at(-1)?.saved_version)}>{laterTexts.more}</Button>
          )}
        </>
      )}
    </LaterPage>
  );
}
