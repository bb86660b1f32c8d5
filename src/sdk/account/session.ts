import { platform } from "../base/platform.ts";
import type { Core } from "../parts.ts";
import { ConfabError } from "../public/errors.ts";
import type { MayAddMe, Profile, User } from "../public/types.ts";

export const LOGIN = "users/login/";
const PROFILE = "users/profile/";

/** Where the storage has what this person has not sent. */
export const outboxOf = (userId: number) => `outbox/${userId}/`;

export type Session = ReturnType<typeof createSession>;

/**
 * The person who is signed in: it changes in one place at a time.
 * @param signedIn `false`: nobody, the server says
 */
export function createSession(core: Core, signedIn: boolean | undefined) {
  const { http, store, connection, conversations } = core;
  let turn: Promise<unknown> = Promise.resolve();
  /** Moves when somebody decides who is signed in: what was asked before does not count. */
  let decisions = 0;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }

  /** As `inTurn`, when somebody decides. */
  function decide<T>(work: () => Promise<T>): Promise<T> {
    decisions++;
    connection.stop();
    return inTurn(() => {
      connection.stop();
      return work();
    });
  }

  /** Shows this person's chat; `me` may only have changed its name. */
  async function become(me: User) {
    const isOther = core.me?.id !== me.id;
    if (isOther) await leave(core.me !== undefined);
    if (core.isClosed) return;
    core.me = me;
    void store.set("me", me);
    if (isOther) {
      // In one go: who is known can send.
      await core.lease?.begin(me.id);
      await core.keeper?.begin(me.id);
    }
    core.emit("me", me);
  }

  const endKeeping = (forget: boolean) => Promise.all([core.keeper?.end(forget), core.lease?.end()]);

  /** @param forget what was loaded is not kept either */
  async function leave(forget: boolean) {
    const left = endKeeping(forget);
    // What was opened before anybody was known is for whoever comes.
    if (core.me) {
      core.me = undefined;
      core.presences.clear();
      conversations.clear();
      core.emit("me", undefined);
    }
    await left;
  }

  async function signedOut() {
    const { token } = http;
    connection.stop();
    await leave(true);
    http.token = undefined;
    core.setState("signed-out");
    // Another client with this storage may have been given a newer one.
    const kept = await store.get("token");
    if (kept && kept !== token) return;
    await store.delete("token");
    await store.delete("me");
  }

  /** Resolves with the ms to wait before asking again; `undefined` when nobody is signed in. */
  async function whoAmI(): Promise<number | undefined> {
    const asked = decisions;
    try {
      const { data } = await http.call("GET", PROFILE);
      await inTurn(async () => (asked === decisions ? become(data as User) : undefined));
    } catch (error) {
      if (!(error instanceof ConfabError)) core.onError(error);
      else if (error.code === "authentication_required") return undefined;
      else return (error.retryAfter ?? 0) * 1000;
    }
    return 0;
  }

  /** Nothing of the person is shown any more, and nothing goes out. */
  async function hide() {
    connection.stop();
    await leave(true);
    core.setState("signed-out");
  }

  /** Ends what somebody has signed out of, here and on the server. */
  async function endSession() {
    const { token } = http;
    await hide();
    // A page that was closed in the middle of it has left something.
    await store.clear("cache/");
    // The cookie of a browser only the server can take away: if need be, with the next start.
    let isEnded = true;
    try {
      await http.call("POST", "users/logout/");
    } catch (error) {
      isEnded = error instanceof ConfabError && error.code === "not_logged_in";
    }
    if (isEnded) await store.delete("signing-out");
    await signedOut();
    if (!isEnded) await store.set("token", token);
  }

  return {
    whoAmI,
    /** The session is over, as far as can be seen. */
    end: () => void inTurn(signedOut).catch(core.onError),
    /** Looks whether somebody has signed out in another tab. What is left of the session is that one's to end, or the next one's that starts. */
    look: () =>
      void inTurn(async () => {
        if (!core.me || !(await store.get("signing-out"))) return;
        await hide();
        http.token = undefined;
      }).catch(core.onError),

    async start() {
      const started = decisions;
      await inTurn(async () => {
        http.token ??= (await store.get<string>("token")) ?? undefined;
        if (await store.get("signing-out")) return endSession();
        const me = await store.get<User>("me");
        if (me) await become(me);
        // Outside browsers there is no other cookie than ours.
        else if (signedIn === false || (http.token === undefined && !platform.location)) await signedOut();
      });
      if (started !== decisions || core.state === "signed-out") return;
      if (!core.me && (await whoAmI()) === undefined && started === decisions) return inTurn(signedOut);
      if (started === decisions) connection.start();
    },

    signInBy: (path: string, body: object): Promise<User> =>
      decide(async () => {
        const mark = await store.get("signing-out");
        // Before there is a session: a tab that starts now would end that one.
        await store.delete("signing-out");
        try {
          const answer = await http.call("POST", path, body);
          // Others answer with what everybody may see of one.
          const { data } = path === LOGIN ? answer : await http.call("GET", PROFILE);
          const me = data as User;
          await become(me);
          return me;
        } catch (error) {
          await store.set("signing-out", mark ?? undefined);
          throw error;
        } finally {
          // Who else there may be is still to be found out, when that was not known before.
          if ((core.me || core.state !== "signed-out") && !core.isClosed) connection.start();
        }
      }),

    signOut: ({ discardUnsent = false } = {}): Promise<void> =>
      decide(async () => {
        const { me } = core;
        await store.set("signing-out", true);
        await hide();
        if (discardUnsent && me) await store.clear(outboxOf(me.id));
        await endSession();
      }),

    /** Takes in the server's news about the own user. */
    updateMe: (user: User) =>
      void inTurn(async () => (core.me?.id === user.id ? become({ ...core.me, ...user }) : undefined)).catch(
        core.onError,
      ),

    async updateProfile(values: { first_name?: string; last_name?: string; may_add_me?: MayAddMe }): Promise<Profile> {
      const me = (await http.call("PATCH", PROFILE, values)).data as Profile;
      await inTurn(async () => (core.me?.id === me.id ? become(me) : undefined));
      return me;
    },

    /** What is unsent is left to the next client. */
    close: () => decide(() => endKeeping(false)),
  };
}
