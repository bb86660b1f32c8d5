import { useEffect, useState } from "preact/hooks";
import type { Presence } from "../../../client/index.ts";
import { client, isAway } from "./session.ts";
import { watch } from "./watching.ts";

/** Who of these people is online, while the component is there; a change draws it anew. Without a connection nobody knows. */
export function usePresence(userIds: readonly number[]): (userId: number) => Presence | undefined {
  const [, redraw] = useState(0);
  const ids = userIds.join(" ");
  useEffect(() => {
    const watched = ids.split(" ").filter(Boolean).map(Number);
    if (watched.length === 0) return;
    const stop = watch(watched);
    const off = client.on("presence", ({ user_id }) => {
      if (watched.includes(user_id)) redraw((count) => count + 1);
    });
    return () => {
      off();
      stop();
    };
  }, [ids]);
  const isOld = isAway.value;
  return (userId) => (isOld ? undefined : client.presence(userId));
}
