import type { Core, Presences } from "./parts/core.ts";
import type { Presence } from "./public/client.ts";

/** User ids in one frame. */
const IDS_PER_FRAME = 100;

/** Watches the online state of users, each as often as it was asked for. */
export function createPresences(core: Pick<Core, "connection" | "emit">): Presences {
  const watchCounts = new Map<number, number>();
  const presences = new Map<number, Presence>();

  function sendIds(type: "watch" | "unwatch", ids: number[]) {
    for (let i = 0; i < ids.length; i += IDS_PER_FRAME)
      core.connection.send({ type, user_ids: ids.slice(i, i + IDS_PER_FRAME) });
  }

  return {
    get: (userId) => presences.get(userId),
    watch(userIds) {
      const added = new Set(userIds.filter((id) => !watchCounts.has(id)));
      for (const id of userIds) watchCounts.set(id, (watchCounts.get(id) ?? 0) + 1);
      sendIds("watch", [...added]);
    },
    unwatch(userIds) {
      const removed: number[] = [];
      for (const id of userIds) {
        const count = (watchCounts.get(id) ?? 0) - 1;
        if (count > 0) watchCounts.set(id, count);
        else if (watchCounts.delete(id)) {
          presences.delete(id);
          removed.push(id);
        }
      }
      sendIds("unwatch", removed);
    },
    rewatchAll: () => sendIds("watch", [...watchCounts.keys()]),
    rewatch(people) {
      const ids = people.map(({ id }) => id);
      sendIds(
        "watch",
        ids.filter((id) => watchCounts.has(id)),
      );
    },
    applyPresence({ user_id, online, last_seen }) {
      if (!watchCounts.has(user_id)) return;
      const presence = { user_id, online, last_seen };
      presences.set(user_id, presence);
      core.emit("presence", presence);
    },
    clear() {
      watchCounts.clear();
      presences.clear();
    },
  };
}
