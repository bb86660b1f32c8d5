import { useEffect, useReducer } from "preact/hooks";
import { scheduledOf } from "../../../sdk/features/scheduled.ts";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { laterTexts } from "../../texts/later.ts";
import { useSession } from "../session/context.ts";
import { LaterPage } from "./pages.tsx";
import { ScheduledItem } from "./scheduled-item.tsx";

/** Your messages that are sent later, the next one first. */
export function ScheduledPage() {
  const { client } = useSession();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const scheduled = scheduledOf(client);
  useEffect(() => scheduled.on(() => redraw(undefined)), []);
  const items = [...scheduled.all].sort(([, a], [, b]) => Date.parse(a.send_at) - Date.parse(b.send_at));
  return (
    <LaterPage page="scheduled">
      {!scheduled.isLoaded && items.length === 0 ? (
        <Skeleton />
      ) : items.length === 0 ? (
        <div class="empty">
          <Icon name="clock" />
          <p class="empty-title">{laterTexts.noneScheduled}</p>
          <p>{laterTexts.noneScheduledHint}</p>
        </div>
      ) : (
        <ul class="later-list">
          {items.map(([id, item]) => (
            <li key={id}>
              <ScheduledItem id={id} item={item} />
            </li>
          ))}
        </ul>
      )}
    </LaterPage>
  );
}
