import type { Core } from "./parts.ts";
import type { Presence } from "./public/client.ts";
import type { User } from "./public/types.ts";

const AT_ONCE = 100;

export type Presences = ReturnType<typeof createPresences>;

/** Who is watched, and what is known of them. */
export function createPresences(core: Core) {
  const counts = new Map<number, number>();
  const known = new Map<number, Presence>();

  function tell(type: "watch" | "unwatch", ids: number[]) {
    for (let i = 0; i < ids.length; i += AT_ONCE) core.connection.tell({ type, user_ids: ids.slice(i, i + AT_ONCE) });
  }

  return {
    get: (userId: number) => known.get(userId),
    watch(userIds: readonly number[]) {
      const fresh = new Set(userIds.filter((id) => !counts.has(id)));
      for (const id of userIds) counts.set(id, (counts.get(id) ?? 0) + 1);
      tell("watch", [...fresh]);
    },
    unwatch(userIds: readonly number[]) {
      const over: number[] = [];
      for (const id of userIds) {
        const left = (counts.get(id) ?? 0) - 1;
        if (left > 0) counts.set(id, left);
        else if (counts.delete(id)) {
          known.delete(id);
          over.push(id);
        }
      }
      tell("unwatch", over);
    },
    /** There is a new connection, which knows nothing of it. */
    again: () => tell("watch", [...counts.keys()]),
    /** Of those with whom one shared no conversation nothing was told; now one does. */
    met(people: readonly User[]) {
      tell(
        "watch",
        people.map(({ id }) => id).filter((id) => counts.has(id)),
      );
    },
    take({ user_id, online, last_seen }: Presence) {
      if (!counts.has(user_id)) return;
      const presence = { user_id, online, last_seen };
      known.set(user_id, presence);
      core.emit("presence", presence);
    },
    clear() {
      counts.clear();
      known.clear();
    },
  };
}
