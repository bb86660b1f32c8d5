import { useEffect, useReducer } from "preact/hooks";
import type { Presence } from "../../../sdk/index.ts";
import { useSession } from "./context.ts";

/** Returns the presence of these people, and renders again when it changes. Without a connection it is unknown. */
export function usePresence(userIds: readonly number[]): (userId: number) => Presence | undefined {
  const { client, isAway, watch } = useSession();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const shown = userIds.map((userId) => client.presence(userId));
  useEffect(() => {
    if (userIds.length === 0) return;
    const stop = watch(userIds);
    const off = client.on("presence", ({ user_id }) => userIds.includes(user_id) && redraw(undefined));
    // Somebody may have come online since the rendering.
    if (userIds.some((userId, n) => client.presence(userId) !== shown[n])) redraw(undefined);
    return () => {
      off();
      stop();
    };
  }, [userIds.join()]);
  const isOld = isAway.value;
  return (userId) => (isOld ? undefined : client.presence(userId));
}

/** Like `usePresence`, for one person or none. */
export function usePresenceOf(userId: number | undefined): Presence | undefined {
  const presence = usePresence(userId === undefined ? [] : [userId]);
  return userId === undefined ? undefined : presence(userId);
}
