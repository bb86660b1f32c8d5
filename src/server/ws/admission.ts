import type { Standing } from "../log/memberships.ts";
import { ASK_AGAIN_MS, isAway } from "./log-away.ts";

interface AdmittedRoom<S> {
  readonly closed: boolean;
  readonly subscriptions: Iterable<S>;
}

interface AdmittedSubscription {
  readonly userId: number;
  admit(standing: Standing | undefined): void;
  readmit(standing: Standing | undefined): void;
}

/** Reads where a user stands; `undefined`: they are no member. */
type Ask = (userId: number) => Promise<Standing | undefined>;

/**
 * Reads from the log, for each socket of a room that starts over, whether its user is a member now. Reads again while the
 * log is away.
 */
export const admitMembers = (room: AdmittedRoom<AdmittedSubscription>, ask: Ask): Promise<void> =>
  askForAll(room, ask, (subscription, standing) => subscription.admit(standing));

/**
 * The same for a thread, at any time. Its log does not have the removals from its parent, so a removal whose event was lost is
 * found by this alone.
 */
export const readmitMembers = async (
  room: AdmittedRoom<AdmittedSubscription> & { parentId: string | null },
  ask: Ask,
): Promise<void> => {
  if (room.parentId === null) return;
  await askForAll(room, ask, (subscription, standing) => subscription.readmit(standing));
};

async function askForAll<S extends AdmittedSubscription>(
  room: AdmittedRoom<S>,
  ask: Ask,
  apply: (subscription: S, standing: Standing | undefined) => void,
) {
  if (room.closed) return;
  const users = new Map<number, S[]>();
  for (const subscription of room.subscriptions) {
    const own = users.get(subscription.userId);
    if (own) own.push(subscription);
    else users.set(subscription.userId, [subscription]);
  }
  const admitting = [...users].map(async ([userId, subscriptions]) => {
    const found = await untilAnswered(room, () => ask(userId));
    if (room.closed) return;
    for (const subscription of subscriptions) apply(subscription, found);
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
