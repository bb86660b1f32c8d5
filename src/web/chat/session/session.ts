import { computed, effect, signal } from "@preact/signals";
import type { ClientState, ConfabClient, User } from "../../../sdk/index.ts";
import { kept } from "../../design/kept.ts";
import { createWatches } from "./watching.ts";

export interface Connection {
  state: ClientState;
  reason: string | undefined;
  /** The time of the next attempt while offline, as `Date.now()` counts. */
  retryAt: number | undefined;
}

/** Milliseconds. A shorter loss of the connection is not shown. */
const PATIENCE_MS = 1_500;

const known = kept("known", ["0", "1"]);

/** Whether somebody has been signed in with this browser before. */
export const wasHereBefore = () => known.value === "1";

export type Session = ReturnType<typeof createSession>;

/** Holds the state of a client in signals, so that components follow it. */
export function createSession(client: ConfabClient) {
  const now = (): Connection => ({ state: client.state, reason: client.reason, retryAt: client.retryAt });
  const me = signal<User | undefined>(client.me);
  const connection = signal<Connection>(now());
  const isAway = signal(false);
  const isReady = signal(false);
  const keepsNothing = signal(false);
  // A signed-out page needs no connection.
  const isMissed = computed(() => !/^(online|signed-out)$/.test(connection.value.state));
  // The server tells only admins that they are.
  const isSuperuser = computed(() => {
    const user: object | undefined = me.value;
    return user !== undefined && "is_superuser" in user && user.is_superuser === true;
  });

  client.on("state", () => {
    connection.value = now();
  });
  client.on("me", (user) => {
    me.value = user;
  });
  client.on("error", (error) => {
    // Errors of the browser's storage are `DOMException`s. The connection state covers all other errors.
    if (error instanceof DOMException) keepsNothing.value = true;
  });
  client.ready.catch(reportError).then(() => {
    me.value = client.me;
    connection.value = now();
    isReady.value = true;
  });
  effect(() => {
    if (me.value) known.value = "1";
  });
  effect(() => {
    if (!isMissed.value) {
      isAway.value = false;
      return;
    }
    const timer = setTimeout(() => {
      isAway.value = true;
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  });

  return {
    client,
    /** The signed-in user. */
    me,
    connection,
    /** The connection has been lost for a while, so presence is out of date. */
    isAway,
    /** The page knows whether somebody is signed in, and has read its stored data. */
    isReady,
    /** The browser stores nothing, so unsent messages would be lost with this page. */
    keepsNothing,
    isSuperuser,
    /** Watches the presence of these users until the returned function is called. */
    watch: createWatches(client),
  };
}
