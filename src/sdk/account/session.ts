import { platform } from "../base/platform.ts";
import type { Core, Session } from "../parts/core.ts";
import { ConfabError } from "../public/errors.ts";
import type { Profile, User } from "../public/types.ts";

export const LOGIN = "users/login/";
const PROFILE = "users/profile/";

/** The prefix of the keys under which the storage has the unsent messages of a user. */
export const outboxOf = (userId: number) => `outbox/${userId}/`;

/**
 * Signs the user in and out, one step after the other.
 * @param signedIn what the server has said of the page's visitor
 */
export function createSession(core: Core, signedIn: boolean | undefined): Session {
  const { http, store, connection, conversations } = core;
  let queue: Promise<unknown> = Promise.resolve();
  /** Goes up with each sign-in and sign-out. Answers to earlier questions no longer count then. */
  let decisions = 0;
  let loading: Promise<number | undefined> | undefined;

  /** Runs `work` when all earlier work is done. */
  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  }

  /** As `enqueue`, for a sign-in or sign-out: the connection stops first. */
  function decide<T>(work: () => Promise<T>): Promise<T> {
    decisions++;
    connection.stop();
    return enqueue(() => {
      connection.stop();
      return work();
    });
  }

  /** Sets `me`. It may be the same user under a new name. */
  async function setMe(me: User) {
    const isOther = core.me?.id !== me.id;
    if (isOther) await clearMe(core.me !== undefined);
    if (core.isClosed) return;
    core.me = me;
    void store.set("me", me);
    if (isOther) {
      // Both before the `me` event: as soon as a user is known, messages can be sent.
      await core.outboxOwner?.start(me.id);
      await core.cache?.start(me.id);
      await core.settingsSender?.start(me.id);
    }
    core.emit("me", me);
  }

  const stopStoring = (isToForget: boolean) => Promise.all([core.cache?.stop(isToForget), core.outboxOwner?.stop()]);

  /** @param isToForget whether to delete from the storage what was loaded */
  async function clearMe(isToForget: boolean) {
    const stopped = stopStoring(isToForget);
    // Conversations that were opened before any user was known stay open for the next user.
    if (core.me) {
      core.me = undefined;
      core.presences.clear();
      conversations.clear();
      core.emit("me", undefined);
    }
    await stopped;
  }

  async function forgetSession() {
    const { token } = http;
    connection.stop();
    await clearMe(true);
    http.token = undefined;
    core.setState("signed-out");
    // Another client with this storage may have stored a newer token.
    const stored = await store.get("token");
    if (stored && stored !== token) return;
    await store.delete("token");
    await store.delete("me");
  }

  /** One request serves the start and the greeting of its connection. */
  const loadMe = () =>
    (loading ??= readMe().finally(() => {
      loading = undefined;
    }));

  async function readMe(): Promise<number | undefined> {
    const asked = decisions;
    try {
      const { data } = await http.call("GET", PROFILE);
      await enqueue(async () => (asked === decisions ? setMe(data as User) : undefined));
    } catch (error) {
      if (!(error instanceof ConfabError)) core.reportError(error);
      else if (error.code === "authentication_required") return undefined;
      else return (error.retryAfter ?? 0) * 1000;
    }
    return 0;
  }

  /** Shows nothing of the user any more, and sends nothing. */
  async function hideUser() {
    connection.stop();
    await clearMe(true);
    core.setState("signed-out");
  }

  /** Ends a session that the user has signed out of, here and on the server. */
  async function endSession() {
    const { token } = http;
    await hideUser();
    // A page that was closed in the middle of this may have left something.
    await store.clear("cache/");
    // Only the server can delete a browser's cookie. If it can't be reached, the next start tries again.
    let isEnded = true;
    try {
      await http.call("POST", "users/logout/");
    } catch (error) {
      isEnded = error instanceof ConfabError && error.code === "not_logged_in";
    }
    if (isEnded) await store.delete("signing-out");
    await forgetSession();
    if (!isEnded) await store.set("token", token);
  }

  return {
    loadMe,
    sessionEnded: () => void enqueue(forgetSession).catch(core.reportError),
    checkSignedOutElsewhere: () =>
      void enqueue(async () => {
        if (!core.me || !(await store.get("signing-out"))) return;
        // The other tab, or the next one that starts, ends the session on the server.
        await hideUser();
        http.token = undefined;
      }).catch(core.reportError),

    async start() {
      const started = decisions;
      await enqueue(async () => {
        http.token ??= (await store.get<string>("token")) ?? undefined;
        if (await store.get("signing-out")) return endSession();
        const me = await store.get<User>("me");
        if (me) await setMe(me);
        // Outside browsers, without a token there is no session.
        else if (signedIn === false || (http.token === undefined && !platform.location)) await forgetSession();
      });
      if (started !== decisions || core.state === "signed-out") return;
      // The socket opens while the server is asked who this is.
      if (signedIn) connection.start();
      if (!core.me && (await loadMe()) === undefined && started === decisions) return enqueue(forgetSession);
      if (started === decisions) connection.start();
    },

    signInBy: (path, body) =>
      decide(async () => {
        const mark = await store.get("signing-out");
        // Deleted before the session begins: a tab that starts now would end the new session.
        await store.delete("signing-out");
        try {
          const answer = await http.call("POST", path, body);
          // Other calls than the login answer with less than the own profile.
          const { data } = path === LOGIN ? answer : await http.call("GET", PROFILE);
          const me = data as User;
          await setMe(me);
          return me;
        } catch (error) {
          await store.set("signing-out", mark ?? undefined);
          throw error;
        } finally {
          // After a refusal an earlier session may go on, or it is still unknown whether there is one.
          if ((core.me || core.state !== "signed-out") && !core.isClosed) connection.start();
        }
      }),

    signOut: ({ discardUnsent = false } = {}) =>
      decide(async () => {
        const { me } = core;
        await store.set("signing-out", true);
        await hideUser();
        if (discardUnsent && me) await store.clear(outboxOf(me.id));
        await endSession();
      }),

    applyUser: (user) =>
      void enqueue(async () => (core.me?.id === user.id ? setMe({ ...core.me, ...user }) : undefined)).catch(
        core.reportError,
      ),

    async updateProfile(values) {
      const me = (await http.call("PATCH", PROFILE, values)).data as Profile;
      await enqueue(async () => (core.me?.id === me.id ? setMe(me) : undefined));
      return me;
    },

    close: () => decide(() => stopStoring(false)),
  };
}
