import type { ServerFrame } from "../protocol/frames.ts";
import { accountCalls } from "./account/account.ts";
import { createSession, LOGIN, outboxOf } from "./account/session.ts";
import { deferred } from "./base/deferred.ts";
import { createEmitter } from "./base/emitter.ts";
import { later, platform } from "./base/platform.ts";
import { createConversation } from "./conversations/conversation.ts";
import { createConversations } from "./conversations/list.ts";
import type { Core } from "./parts/core.ts";
import type { LateStore } from "./parts/store.ts";
import { createPresences } from "./presence.ts";
import type { ClientEvents, ClientState, ConfabClient, ConnectOptions } from "./public/client.ts";
import { ConfabError } from "./public/errors.ts";
import type { ConversationInfo, User } from "./public/types.ts";
import { createConnection } from "./transport/connection.ts";
import { createHttp } from "./transport/http.ts";
import { DEFAULT_TIMING, jitter, RELOAD_WITHIN_MS } from "./transport/reconnect-policy.ts";
import { ConnectionLost } from "./transport/retry.ts";

/** Makes all parts of the client, and passes each of them the `Core`. The server's frames come in by `applyFrame`. */
export function createClient(options: ConnectOptions): ConfabClient {
  const { url = platform.location?.origin ?? "http://localhost:8000", WebSocket = platform.WebSocket } = options;
  if (!WebSocket) throw new ConfabError("no_websocket", "No WebSocket here: pass one");
  const base = new URL(typeof url === "string" ? url : url.href).href.replace(/\/*$/, "/");
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  let stateChange = deferred<void>();
  let closing: Promise<void> | undefined;
  let emittedState = "connecting,,";
  const { on, emit, emitNamed } = createEmitter<ClientEvents>(reportError);

  const closed = new AbortController();
  const loaded = loadPersistence().catch(reportError);
  const store: LateStore = {
    get: async (key) => (await loaded)?.get(key),
    set: async (key, value) => (await loaded)?.set(key, value),
    delete: async (key) => (await loaded)?.delete(key),
    keys: async (prefix) => (await loaded)?.keys(prefix) ?? [],
    clear: async (prefix) => (await loaded)?.clear(prefix),
    claim: async (name) => (await loaded)?.claim(name) ?? null,
    flush: async () => (await loaded)?.flush(),
  };
  const http = createHttp(base, options.fetch, store, options.token);
  const core: Core & ConfabClient & { reason: string | undefined; retryAt: number | undefined } = {
    ...accountCalls(http),
    state: "connecting",
    reason: undefined,
    retryAt: undefined,
    me: undefined,
    isClosed: false,
    epoch: undefined,
    meVersion: undefined,
    accepts: options.threads ? "ranges,threads" : "ranges",
    http,
    store,
    emit,
    emitNamed,
    on,
    reportError,
    setState,
    applyFrame,
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
    async whenOnline() {
      while (!core.isOnline()) {
        if (core.state === "signed-out" || core.state === "stopped")
          throw new ConfabError("offline", `The client is ${core.state}`);
        await stateChange.promise;
      }
    },
    connectionLost() {
      if (core.isOnline()) core.state = "connecting";
      for (const conversation of conversations.known) conversation.connectionLost();
    },

    open(id) {
      // An address may have the id in capitals. The server writes it in lower case.
      const conversation = conversations.get(id.toLowerCase());
      conversation.open();
      return conversation;
    },
    create: (participant_ids, name) => createAndOpen("chat/conversations/", { participant_ids, name }),
    acceptRequest: (id) => createAndOpen(`chat/requests/${id}/accept/`),
    watch: (userIds) => presences.watch(userIds),
    unwatch: (userIds) => presences.unwatch(userIds),
    presence: (userId) => presences.get(userId),
    signIn: (email, password) => core.signInBy(LOGIN, { email, password }),
    signInBy: (path, body) => session.signInBy(path, body),
    unsentOf: async (userId) => (await store.keys(outboxOf(userId))).length,
    discardUnsent: async (userId) => void (await store.clear(outboxOf(userId))),
    call: http.call,
    signOut: (how) => session.signOut(how),
    updateProfile: (values) => session.updateProfile(values),
    reconnect: () => connection.reconnectNow(),
    close: () => (closing ??= close()),
  };
  const connection = createConnection(core, timing, `${base.replace(/^http/, "ws")}ws/`, WebSocket);
  const conversations = createConversations(core, options.recent ?? 20, (id) => createConversation(id, core));
  const presences = createPresences(core);
  const session = createSession(core, options.signedIn);
  const ready = session.start();
  return core;

  function reportError(error: unknown): undefined {
    if (error instanceof ConnectionLost) return;
    emit("error", error instanceof Error ? error : new Error(String(error)));
  }

  function applyFrame(frame: ServerFrame) {
    if ("epoch" in frame && frame.epoch) applyEpoch(frame.epoch);
    if (frame.type === "connection_established") {
      core.meVersion ??= frame.me_version;
      return connectionGreeted(frame.user_id);
    }
    if (!core.isOnline()) return;
    if (frame.type === "presence") presences.applyPresence(frame);
    else if (frame.type === "user") applyUser(frame.user);
    else if (frame.type === "request") emit("request", frame.request);
    else if (frame.type === "request_ended") emit("request_ended", frame.request_id);
    else if (frame.type === "me") conversations.applyMe(frame);
    // Settings may have changed unnoticed. In another epoch everything else is loaded again too.
    else if (frame.type === "me_reset") {
      core.meVersion = frame.me_version;
      for (const one of conversations.known) if (one.isListed) conversations.refresh(one);
      emit("me_reset");
    } else if (frame.type === "conversation") {
      conversations.applyConversation(frame.conversation);
      presences.rewatch(frame.conversation.participants);
    } else if ("conversation_id" in frame && frame.conversation_id) {
      if (frame.type === "activity") conversations.applyActivity(frame.conversation_id, frame.last_seq);
      if (frame.type === "participants") presences.rewatch(frame.added);
      const conversation = conversations.find(frame.conversation_id);
      conversation?.applyFrame(frame);
      // Only the server knows the unread messages of a conversation that is not loaded.
      if (!conversation && /^(read_position|pruned|hidden)$/.test(frame.type)) conversations.recountUnread();
    }
  }

  /** Creates a conversation, or joins one, for the user, and opens it. Another person may have to agree first. */
  async function createAndOpen(path: string, body?: object) {
    const answer = http.call("POST", path, body).then(({ data }) => {
      if ("request" in (data as object)) throw new ConfabError("requested", "Request sent");
      return data as ConversationInfo;
    });
    conversations.trackCreation(answer);
    return core.open(conversations.add(await answer).id);
  }

  function applyUser(user: User) {
    if (core.me?.id === user.id) session.applyUser(user);
    for (const conversation of conversations.known) conversation.applyUser(user);
    emit("user", user);
  }

  /** In another epoch the database may have gone back, so everything is loaded again. */
  function applyEpoch(epoch: string) {
    if (epoch === core.epoch) return;
    core.epoch = epoch;
    // A connection that is about to be greeted loads everything anyway.
    if (core.isOnline()) later(() => core.isOnline() && conversations.epochChanged(), jitter(RELOAD_WITHIN_MS));
  }

  async function connectionGreeted(userId: number) {
    if (core.me?.id !== userId) await session.loadMe();
    if (core.me?.id !== userId) return connection.restart();
    if (!connection.isGreeted()) return;
    setState("online");
    conversations.connectionOpened();
    presences.rewatchAll();
  }

  /** Loads the second module. If that fails, nothing is stored. */
  async function loadPersistence() {
    const persistence = await import("./offline/persistence.ts");
    const storage = options.storage ?? persistence.indexedDbStorage() ?? persistence.memoryStorage();
    const store = persistence.createStore(storage, `confab1 ${base} `, reportError);
    core.cache = persistence.createCache(core, store);
    core.outboxOwner = persistence.createOutboxOwner(core, store, timing.lease);
    core.settingsSender = persistence.createSettingsSender(core, store);
    persistence.watchPage(pageWoke, saveNow, closed.signal);
    return store;
  }

  async function close() {
    core.isClosed = true;
    closed.abort();
    saveNow();
    await session.close();
    setState("stopped", "closed");
    await store.flush();
  }

  /** Does now what would be done a little later: the page may be about to end. */
  function saveNow() {
    for (const { readState } of conversations.known) readState.flush();
    core.cache?.save();
  }

  function pageWoke() {
    connection.reconnectNow();
    conversations.reloadIfOld();
  }

  function setState(state: ClientState, reason?: string, retryAt?: number) {
    if (core.isClosed && state !== "stopped") return;
    if (state !== "connecting") core.reason = reason;
    core.retryAt = retryAt;
    core.state = state;
    stateChange.resolve();
    stateChange = deferred();
    const newState = `${[state, reason, retryAt]}`;
    if (newState === emittedState) return;
    emittedState = newState;
    emit("state", state);
  }
}
