import type { Standing } from "../log/memberships.ts";
import { ASK_AGAIN_MS, isAway } from "./log-away.ts";

interface AdmittedRoom<S> {
  readonly closed: boolean;
  readonly subscriptions: Iterable<S>;
}

interface AdmittedSubscription {
  readonly userId: number;
  admit(standing: Standing | undefined): void;
}

/**
 * Reads from the log, for each socket of a room, whether its user is a member now. Reads again while the log is away.
 * @param standing reads where a user stands; `undefined`: they are no member
 */
export async function admitMembers<S extends AdmittedSubscription>(
  room: AdmittedRoom<S>,
  standing: (userId: number) => Promise<Standing | undefined>,
): Promise<void> {
  if (room.closed) return;
  const users = new Map<number, S[]>();
  for (const subscription of room.subscriptions) {
    const own = users.get(subscription.userId);
    if (own) own.push(subscription);
    else users.set(subscription.userId, [subscription]);
  }
  const admitting = [...users].map(async ([userId, subscriptions]) => {
    const found = await untilAnswered(room, () => standing(userId));
    if (room.closed) return;
    for (const subscription of subscriptions) subscription.admit(found);
  });
  await Promise.all(admitting);
}

async function untilAnswered<T>(room: { readonly closed: boolean }, ask: () => Promise<T>): Promise<T | undefined> {
  while (!room.closed) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
      await Bun.sleep(ASK_AGAIN_MS);
    }
  }
  return undefined;
}
