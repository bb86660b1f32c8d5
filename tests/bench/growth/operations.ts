import type { BenchNode } from "./bench-node.ts";

/** Where the operations of a point take place. */
export interface Place {
  conversationId: string;
  /** People who are not in it yet: each call of what adds one takes one away. */
  strangers: number[];
}

/** One thing that people do, done again and again. */
export interface Operation {
  name: string;
  /** Does it for the n-th time. */
  run(n: number): Promise<unknown>;
  end?(): void;
}

const PAGE = 50;
const LISTED = 20;

type Make = (node: BenchNode, place: Place) => Promise<Operation> | Operation;

const send: Make = async ({ ann }, { conversationId }) => {
  const socket = await ann.chat(conversationId);
  return {
    name: "send",
    async run(n) {
      const client_id = crypto.randomUUID();
      socket.send({ type: "message", content: `Message number ${n}, sent to be measured.`, client_id });
      await socket.next("ack", (frame) => frame.client_id === client_id);
    },
    end: () => socket.close(),
  };
};

/** The messages that were sent before are read one by one. */
const markRead: Make = async ({ bob, sql }, { conversationId }) => {
  const socket = await bob.chat(conversationId);
  const [row] = await sql<{ last: number }[]>`
    SELECT last_seq::float8 AS last FROM conversations WHERE id = ${conversationId}`;
  const last = row?.last ?? 0;
  await sql`UPDATE participants SET read_seq = 0 WHERE conversation_id = ${conversationId} AND user_id = ${bob.id}`;
  const first = Math.max(1, last - 200);
  return {
    name: "mark read",
    async run(n) {
      socket.send({ type: "read", seq: first + n });
      const ref = String(n);
      socket.send({ type: "ping", ref });
      await socket.next("pong", (frame) => frame.ref === ref);
    },
    end: () => socket.close(),
  };
};

const messagesPath = (conversationId: string) => `/api/chat/conversations/${conversationId}/messages/`;

const get =
  (name: string, path: string): Make =>
  ({ ann }) => ({ name, run: () => ok(ann.get(path)) });

const newestPage: Make = (node, place) =>
  get("newest page", `${messagesPath(place.conversationId)}?limit=${PAGE}&mark_read=false`)(node, place);

const deepPage: Make = async (node, place) => {
  const middle = await middleSeq(node, place);
  return get("page in the middle, before_seq", `${messagesPath(place.conversationId)}?before_seq=${middle + 25}`)(
    node,
    place,
  );
};

const offsetPage: Make = async (node, place) => {
  const middle = await middleSeq(node, place);
  return get("page in the middle, offset", `${messagesPath(place.conversationId)}?offset=${middle}`)(node, place);
};

const list: Make = get(`list of ${LISTED}`, `/api/chat/conversations/?limit=${LISTED}`);
const wholeList: Make = get("list of all", "/api/chat/conversations/");
const detail: Make = (node, place) => get("detail", `/api/chat/conversations/${place.conversationId}/`)(node, place);

const participants: Make = async (node, place) => {
  const [row] = await node.sql<{ ordinal: number }[]>`
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ordinal)::float8 AS ordinal
    FROM participants WHERE conversation_id = ${place.conversationId}`;
  const path = `/api/chat/conversations/${place.conversationId}/participants/?after=${Math.max(0, (row?.ordinal ?? 0) - 25)}`;
  return get("participants page", path)(node, place);
};

const edit: Make = async (node, place) => {
  const middle = await middleSeq(node, place);
  const [row] = await node.sql<{ id: string }[]>`
    SELECT id FROM messages WHERE conversation_id = ${place.conversationId} AND seq = ${middle}`;
  const path = `${messagesPath(place.conversationId)}${row?.id}/`;
  return { name: "edit", run: (n) => ok(node.ann.patch(path, { content: `Changed for the time number ${n}.` })) };
};

const connect: Make = ({ ann }, { conversationId }) => ({
  name: "connect",
  run: async () => (await ann.chat(conversationId)).close(),
});

const connectAll: Make = ({ ann }) => ({ name: "connect to all", run: async () => (await ann.hub()).close() });

const replay: Make = async ({ ann, sql }, { conversationId }) => {
  const [row] = await sql<{ version: number }[]>`
    SELECT last_version::float8 AS version FROM conversations WHERE id = ${conversationId}`;
  const newest = row?.version ?? 0;
  const after = Math.max(0, newest - PAGE);
  return {
    name: `reconnect and replay ${PAGE}`,
    async run() {
      const socket = await ann.chat(conversationId, after);
      await socket.until((frames) => frames.length > newest - after);
      socket.close();
    },
  };
};

const search: Make = get("search for a person", "/api/users/list/?search=number+7&limit=20");
const people: Make = get("list of people", "/api/users/list/?limit=20");

const addMember: Make = ({ ann }, { conversationId, strangers }) => ({
  name: "add a member",
  run() {
    const id = strangers.shift();
    if (id === undefined) throw new Error("there are not enough strangers");
    return ok(ann.post(`/api/chat/conversations/${conversationId}/participants/`, { user_ids: [id] }));
  },
});

/** Operations that add rows come last. Messages sent first are read later. */
export const ofConversation: Make[] = [
  newestPage,
  deepPage,
  offsetPage,
  list,
  detail,
  participants,
  connect,
  replay,
  send,
  markRead,
  edit,
  addMember,
];
export const ofServer: Make[] = [...ofConversation, search, people];
export const ofUser: Make[] = [newestPage, list, wholeList, detail, connect, connectAll, send];

async function middleSeq({ sql }: BenchNode, { conversationId }: Place): Promise<number> {
  const [row] = await sql<{ last: number }[]>`
    SELECT last_seq::float8 AS last FROM conversations WHERE id = ${conversationId}`;
  return Math.ceil((row?.last ?? 0) / 2);
}

async function ok(answer: Promise<{ status: number; text: string }>) {
  const { status, text } = await answer;
  if (status >= 300) throw new Error(`the server answered ${status}: ${text}`);
}
