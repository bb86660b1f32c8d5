import type { ServerFrame } from "../protocol/frames.ts";
import { account } from "./account/account.ts";
import { createSession, LOGIN, outboxOf } from "./account/session.ts";
import { deferred } from "./base/deferred.ts";
import { createEmitter } from "./base/emitter.ts";
import { later, platform } from "./base/platform.ts";
import { createConversations } from "./conversations/list.ts";
import type { LateStore } from "./offline/store.ts";
import type { Core } from "./parts.ts";
import { createPresences } from "./presence.ts";
import type { ClientEvents, ClientState, ConfabClient, ConnectOptions, Timing } from "./public/client.ts";
import { ConfabError } from "./public/errors.ts";
import type { ConversationInfo, User } from "./public/types.ts";
import { createConnection } from "./transport/connection.ts";
import { createHttp } from "./transport/http.ts";
import { Cut, jitter } from "./transport/retry.ts";

const TIMING: Timing = {
  pingAfter: 15_000,
  answerWithin: 7_000,
  connectWithin: 10_000,
  backoff: 1_000,
  backoffMax: 30_000,
  lease: 10_000,
};

/** All clients of a server hear at the same moment that its database has gone back. */
const RELOAD_WITHIN_MS = 1_000;

/** Puts the parts together. All that the server says comes in by `take`. */
export function createClient(options: ConnectOptions): ConfabClient {
  const { url = platform.location?.origin ?? "http://localhost:8000", WebSocket = platform.WebSocket } = options;
  if (!WebSocket) throw new ConfabError("no_websocket", "No WebSocket here: pass one");
  const base = new URL(typeof url === "string" ? url : url.href).href.replace(/\/*$/, "/");
  const timing = { ...TIMING, ...options.timing };
  let moved = deferred<void>();
  let closing: Promise<void> | undefined;
  let toldState = "connecting,,";
  const { on, emit } = createEmitter<ClientEvents>(onError);

  const over = new AbortController();
  const loaded = load().catch(onError);
  const store: LateStore = {
    get: async (key) => (await loaded)?.get(key),
    set: async (key, value) => (await loaded)?.set(key, value),
    delete: async (key) => (await loaded)?.delete(key),
    clear: async (start) => (await loaded)?.clear(start),
    flush: async () => (await loaded)?.flush(),
  };
  const http = createHttp(base, options.fetch ?? ((input, init) => platform.fetch(input, init)), store, options.token);
  const core: Core & ConfabClient & { reason: string | undefined; retryAt: number | undefined } = {
    ...account(http),
    state: "connecting",
    reason: undefined,
    retryAt: undefined,
    me: undefined,
    isClosed: false,
    epoch: undefined,
    http,
    store,
    emit,
    on,
    onError,
    setState,
    take,
    get token() {
      return http.token;
    },
    get connection() {
      return connection;
    },
    get conversations() {
      return conversations;
    },
    get presences() {
      return presences;
    },
    get session() {
      return session;
    },
    get ready() {
      return ready;
    },
    isOnline: () => core.state === "online",
    async online() {
      while (!core.isOnline()) {
        if (core.state === "signed-out" || core.state === "stopped")
          throw new ConfabError("offline", `The client is ${core.state}`);
        await moved.promise;
      }
    },
    down() {
      if (core.isOnline()) core.state = "connecting";
      for (const conversation of conversations.known) conversation.down();
    },

    open(id) {
      // As the server writes it, also where an address has it in capitals.
      const conversation = conversations.get(id.toLowerCase());
      conversation.open();
      return conversation;
    },
    async create(participant_ids, name) {
      return openMade("chat/conversations/", { participant_ids, name });
    },
    async acceptRequest(id) {
      return openMade(`chat/requests/${id}/accept/`);
    },
    watch: (userIds) => presences.watch(userIds),
    unwatch: (userIds) => presences.unwatch(userIds),
    presence: (userId) => presences.get(userId),
    signIn: (email, password) => core.signInBy(LOGIN, { email, password }),
    signInBy: (path, body) => session.signInBy(path, body),
    unsentOf: async (userId) => (await (await loaded)?.keys(outboxOf(userId)))?.length ?? 0,
    discardUnsent: async (userId) => store.clear(outboxOf(userId)),
    call: http.call,
    signOut: (how) => session.signOut(how),
    updateProfile: (values) => session.updateProfile(values),
    reconnect: () => connection.kick(),
    close: () => (closing ??= close()),
  };
  const connection = createConnection(core, timing, `${base.replace(/^http/, "ws")}ws/`, WebSocket);
  const conversations = createConversations(core, options.recent ?? 20);
  const presences = createPresences(core);
  const session = createSession(core, options.signedIn);
  const ready = session.start();
  return core;

  function onError(error: unknown) {
    if (!(error instanceof Cut)) emit("error", error instanceof Error ? error : new Error(String(error)));
  }

  function take(frame: ServerFrame) {
    if ("epoch" in frame && frame.epoch) applyEpoch(frame.epoch);
    if (frame.type === "connection_established") return greeted(frame.user_id);
    if (!core.isOnline()) return;
    if (frame.type === "presence") presences.take(frame);
    else if (frame.type === "user") userChanged(frame.user);
    else if (frame.type === "request") emit("request", frame.request);
    else if (frame.type === "request_ended") emit("request_ended", frame.request_id);
    else if (frame.type === "conversation") {
      conversations.met(frame.conversation);
      presences.met(frame.conversation.participants);
    } else if ("conversation_id" in frame && frame.conversation_id) {
      if (frame.type === "activity") conversations.moved(frame.conversation_id, frame.last_seq);
      if (frame.type === "participants") presences.met(frame.added);
      const conversation = conversations.find(frame.conversation_id);
      conversation?.take(frame);
      // Of one that is not loaded the server alone knows what is unread.
      if (!conversation && /^(read_position|pruned|hidden)$/.test(frame.type)) conversations.recount();
    }
  }

  /** A conversation that the user asks for. A person may have to agree to it first. */
  async function openMade(path: string, body?: object) {
    const asked = http.call("POST", path, body).then(({ data }) => {
      if ("request" in (data as object)) throw new ConfabError("requested", "Request sent");
      return data as ConversationInfo;
    });
    conversations.makes(asked);
    return core.open(conversations.list(await asked).id);
  }

  function userChanged(user: User) {
    if (core.me?.id === user.id) session.updateMe(user);
    for (const conversation of conversations.known) conversation.userChanged(user);
    emit("user", user);
  }

  /** The database may have gone back: all is asked for anew, but not by all clients at the same moment. */
  function applyEpoch(epoch: string) {
    if (epoch === core.epoch) return;
    core.epoch = epoch;
    // A connection that begins does so by itself.
    if (core.isOnline()) later(() => core.isOnline() && conversations.startEpoch(), jitter(RELOAD_WITHIN_MS));
  }

  async function greeted(userId: number) {
    if (core.me?.id !== userId) await session.whoAmI();
    if (core.me?.id !== userId) return connection.restart();
    if (!connection.isGreeted()) return;
    setState("online");
    conversations.up();
    presences.again();
  }

  /** Loads storage after the rest. If that fails, nothing is stored. */
  async function load() {
    const late = await import("./offline/persistence.ts");
    const storage = options.storage ?? late.indexedDbStorage() ?? late.memoryStorage();
    const store = late.createStore(storage, `confab1 ${base} `, onError);
    core.keeper = late.createKeeper(core, store);
    core.lease = late.createLease(core, store, timing.lease);
    late.watchPage(wake, putAway, over.signal);
    return store;
  }

  async function close() {
    core.isClosed = true;
    over.abort();
    putAway();
    await session.close();
    setState("stopped", "closed");
    await store.flush();
  }

  /** What is done a little later is done now: there may be no later. */
  function putAway() {
    for (const { reading } of conversations.known) reading.flush();
    core.keeper?.save();
  }

  function wake() {
    connection.kick();
    conversations.loadAgain();
  }

  function setState(state: ClientState, reason?: string, retryAt?: number) {
    if (core.isClosed && state !== "stopped") return;
    if (state !== "connecting") core.reason = reason;
    core.retryAt = retryAt;
    core.state = state;
    moved.resolve();
    moved = deferred();
    const told = `${[state, reason, retryAt]}`;
    if (told === toldState) return;
    toldState = told;
    emit("state", state);
  }
}
