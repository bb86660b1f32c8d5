import { useEffect, useState } from "preact/hooks";
import type { Presence } from "../../../client/index.ts";
import { client } from "./session.ts";

/** Who of these people is online, while the component is there; a change draws it anew. */
export function usePresence(userIds: readonly number[]): (userId: number) => Presence | undefined {
  const [, redraw] = useState(0);
  const ids = userIds.join(" ");
  useEffect(() => {
    const watched = ids.split(" ").filter(Boolean).map(Number);
    if (watched.length === 0) return;
    client.watch(watched);
    const off = client.on("presence", ({ user_id }) => {
      if (watched.includes(user_id)) redraw((count) => count + 1);
    });
    return () => {
      off();
      client.unwatch(watched);
    };
  }, [ids]);
  return (userId) => client.presence(userId);
}
