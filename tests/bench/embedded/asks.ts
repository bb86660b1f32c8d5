import type { Seat } from "./seed.ts";

/** The calls that an asking person can make. */
export interface Asking {
  /** The body of the answer, unparsed; a refusal throws. */
  call(method: string, path: string, body?: unknown): Promise<string>;
  /** Opens a socket and waits for a frame of this type that fits; the socket is closed then. */
  socket(
    path: string,
    send: object[],
    until: (frame: { type: string; [field: string]: unknown }) => boolean,
  ): Promise<void>;
  /** The conversation with the most messages, and how many. */
  largest: { id: string; lastSeq: number };
  /** Another large group. */
  group: string;
  /** People who are in no group of Ann's making yet; each call gives other ones. */
  strangers(count: number): number[];
}

export interface Ask {
  name: string;
  who: Seat;
  /** It changes something: it is asked once. */
  once?: true;
  run(asking: Asking): Promise<unknown>;
}

const get = (name: string, path: string | ((asking: Asking) => string), who: Seat = "ann"): Ask => ({
  name,
  who,
  run: (asking) => asking.call("GET", typeof path === "string" ? path : path(asking)),
});

const USERS = "/api/users/list/";
const LIST = "/api/chat/conversations/";
const messagesOf = ({ largest }: Asking) => `${LIST}${largest.id}/messages/`;
const ADMIN = "/api/admin";

/** Everything that is asked of a list, a search, a page or a group, as large as it may be. */
export const asks: Ask[] = [
  get("people, 1,000", USERS),
  get("people, 20 from 19,000 on", `${USERS}?limit=20&offset=19000`),
  get("people, one letter", `${USERS}?search=a`),
  get("people, two letters", `${USERS}?search=os&limit=20`),
  get("people, in every e-mail", `${USERS}?search=example.com`),
  get("people, a first name", `${USERS}?search=fatima`),
  get("people, nobody found", `${USERS}?search=zzzzzz`),
  get("people, nobody found by common letters", `${USERS}?search=moc.example`),
  get("people, found from 9,000 on", `${USERS}?search=example&limit=20&offset=9000`),
  get("conversations, all 1,000", LIST),
  get("conversations, 20", `${LIST}?limit=20`),
  get("conversations, 20 from 980 on", `${LIST}?limit=20&offset=980`),
  get("conversations, by a name in many", `${LIST}?search=fatima`),
  get("conversations, by a text in all", `${LIST}?search=example&limit=20`),
  get("conversations, by one letter", `${LIST}?search=q&limit=20`),
  get("conversations, nothing found", `${LIST}?search=zzzzzz`),
  get("a conversation", ({ largest }) => `${LIST}${largest.id}/`),
  get("its members, 1,000", ({ largest }) => `${LIST}${largest.id}/participants/?limit=1000`),
  get("messages, newest 100", (asking) => `${messagesOf(asking)}?limit=100`),
  get("messages, offset in the middle", (asking) => `${messagesOf(asking)}?offset=${asking.largest.lastSeq >> 1}`),
  get("messages, offset at the start", (asking) => `${messagesOf(asking)}?offset=${asking.largest.lastSeq - 100}`),
  get("messages, before_seq", (asking) => `${messagesOf(asking)}?before_seq=${asking.largest.lastSeq >> 1}`),
  {
    name: "history frames, 50 in a row",
    who: "ann",
    run({ socket, largest }) {
      const send = Array.from({ length: 50 }, (_, i) => ({
        type: "history",
        limit: 100,
        before_seq: largest.lastSeq - i * 1_000,
        ref: String(i),
      }));
      return socket(`/ws/chat/${largest.id}/`, send, ({ type, ref }) => type === "history" && ref === "49");
    },
  },
  {
    name: "resume, 10,000 changes behind",
    who: "ann",
    run: ({ socket, largest: { id, lastSeq } }) =>
      socket(
        `/ws/chat/${id}/?after_version=${lastSeq - 10_000}`,
        [],
        ({ type, message }) => type === "message" && (message as { seq: number }).seq === lastSeq,
      ),
  },
  {
    name: "a socket for 1,000 conversations",
    who: "ann",
    run: ({ socket }) => socket("/ws/", [], ({ type }) => type === "connection_established"),
  },
  {
    name: "presence of 1,000 people",
    who: "ann",
    run({ socket, strangers }) {
      const user_ids = strangers(1_000);
      return socket(
        "/ws/",
        [{ type: "watch", user_ids, ref: "w" }],
        ({ type, ref }) => type === "presence" && ref === "w",
      );
    },
  },
  get("one's sessions", "/api/users/sessions/"),
  {
    name: "mark read, 100 large groups",
    who: "ann",
    run: async ({ socket, largest }) => {
      const send = [...Array.from({ length: 100 }, () => ({ type: "read" })), { type: "ping", ref: "p" }];
      await socket(`/ws/chat/${largest.id}/`, send, ({ type, ref }) => type === "pong" && ref === "p");
    },
  },
  {
    name: "a new group of 1,000",
    who: "ann",
    run: ({ call, strangers }) => call("POST", LIST, { participant_ids: strangers(999) }),
  },
  {
    name: "900 people added to a group",
    who: "ann",
    async run({ call, strangers }) {
      const [first = 0, second = 0, ...others] = strangers(902);
      const made = JSON.parse(await call("POST", LIST, { participant_ids: [first, second] }));
      await call("POST", `${LIST}${made.data.id}/participants/`, { user_ids: others });
    },
  },
  get("admin: users, 1,000", `${ADMIN}/users/?limit=1000`, "root"),
  get("admin: users, the last of a list", `${ADMIN}/users/?limit=50&offset=9950`, "root"),
  get("admin: users, one letter", `${ADMIN}/users/?search=a`, "root"),
  get("admin: users, in every e-mail", `${ADMIN}/users/?search=example.com`, "root"),
  get("admin: users, nobody found", `${ADMIN}/users/?search=moc.example`, "root"),
  get("admin: users, active", `${ADMIN}/users/?active=true&search=example`, "root"),
  get("admin: a user in 1,000 conversations", `${ADMIN}/users/1/`, "root"),
  get("admin: conversations", `${ADMIN}/conversations/?limit=100&offset=9000`, "root"),
  get("admin: conversations, by a common text", `${ADMIN}/conversations/?search=example`, "root"),
  get("admin: conversations, by a name of many", `${ADMIN}/conversations/?search=fatima`, "root"),
  get(
    "admin: conversations of one, by a common text",
    `${ADMIN}/conversations/?search=example&participant_id=1`,
    "root",
  ),
  get("admin: conversations, nothing found", `${ADMIN}/conversations/?search=zzzzzz`, "root"),
  get("admin: messages", ({ largest }) => `${ADMIN}/conversations/${largest.id}/messages/?limit=100`, "root"),
  get("admin: audit log", `${ADMIN}/audit/?limit=200`, "root"),
  get("admin: audit log, by target", `${ADMIN}/audit/?target_type=conversation&limit=200`, "root"),
  get("admin: metrics of a day", `${ADMIN}/metrics/?range=day`, "root"),
  {
    name: "70 searches at once",
    who: "ann",
    run: ({ call }) =>
      Promise.all(
        Array.from({ length: 70 }, (_, i) =>
          call("GET", `${USERS}?search=ex${"ample".slice(0, i % 6)}`).catch(() => ""),
        ),
      ),
  },
  {
    name: "admin: a conversation of 900,000 messages erased (its first 10 s)",
    who: "root",
    once: true,
    async run({ call, largest }) {
      await call("DELETE", `${ADMIN}/conversations/${largest.id}/`);
      await Bun.sleep(10_000);
    },
  },
];
