import postgres from "postgres";
import type { Cluster } from "./cluster.ts";
import { viewOf } from "./device.ts";
import type { NodeView, TrueConversation, Truth } from "./history.ts";
import type { Person } from "./person.ts";

const LOOK_EVERY_MS = 100;

/** What PostgreSQL has, once every device of a participant has come to the end of it, and what each node shows. */
export async function readBack(
  cluster: Cluster,
  people: Person[],
  conversations: string[],
  isLate: () => boolean,
): Promise<Truth> {
  const sql = postgres(cluster.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const truth: Truth = { conversations: new Map(), views: [], replicas: [] };
    for (const id of conversations) truth.conversations.set(id, await readConversation(sql, id));
    await untilCaughtUp(truth, people, isLate);
    for (const person of people)
      for (const device of person.devices)
        for (const [conversation, replica] of device.replicas)
          if (truth.conversations.get(conversation)?.members.has(person.id))
            truth.replicas.push({ ...replica, state: device.stateIn(conversation) });
    for (const node of cluster.nodes)
      for (const id of conversations) truth.views.push(await viewConversation(truth, people, node, id));
    return truth;
  } finally {
    await sql.end();
  }
}

async function readConversation(sql: postgres.Sql, id: string): Promise<TrueConversation> {
  const [row] = await sql<{ lastSeq: string; lastVersion: string }[]>`
    SELECT last_seq AS "lastSeq", last_version AS "lastVersion" FROM conversations WHERE id = ${id}`;
  if (!row) throw new Error(`conversation ${id} is gone`);
  const messages = await sql`SELECT * FROM messages WHERE conversation_id = ${id} ORDER BY seq`;
  const changes = await sql`SELECT * FROM changes WHERE conversation_id = ${id} ORDER BY version`;
  const members = await sql`SELECT * FROM participants WHERE conversation_id = ${id}`;
  return {
    lastSeq: Number(row.lastSeq),
    lastVersion: Number(row.lastVersion),
    messages: messages.map((message) => ({
      id: message["id"],
      seq: Number(message["seq"]),
      version: Number(message["version"]),
      senderId: message["sender_id"],
      clientId: message["client_id"],
      content: message["content"],
      deleted: message["deleted_at"] !== null,
    })),
    changes: changes.map((change) => ({
      version: Number(change["version"]),
      lastSeq: Number(change["last_seq"]),
      messageSeq: change["message_seq"] === null ? null : Number(change["message_seq"]),
      added: change["added"],
      removed: change["removed"],
    })),
    members: new Map(members.map((member) => [member["user_id"], Number(member["read_seq"])])),
  };
}

/** Those who don't get there in time are found by the check of their replicas. */
async function untilCaughtUp(truth: Truth, people: Person[], isLate: () => boolean) {
  const isBehind = () =>
    people.some((person) =>
      person.devices.some((device) =>
        [...device.replicas].some(([id, replica]) => {
          const conversation = truth.conversations.get(id);
          return conversation?.members.has(person.id) && replica.version !== conversation.lastVersion;
        }),
      ),
    );
  while (isBehind() && !isLate()) await Bun.sleep(LOOK_EVERY_MS);
}

async function viewConversation(
  truth: Truth,
  people: Person[],
  node: Cluster["nodes"][number],
  id: string,
): Promise<NodeView> {
  const members = people.filter((person) => truth.conversations.get(id)?.members.has(person.id));
  const [reader] = members;
  if (!reader) throw new Error(`nobody is left in ${id}`);
  const { messages, total } = await reader.messages(id, node);
  const unread = new Map<number, number>();
  await Promise.all(
    members.map(async (member) => {
      const told = await member.conversation(id, node);
      if (!told) throw new Error(`node ${node.index} does not show ${id} to user ${member.id}, who is in it`);
      unread.set(member.id, told.unread_count);
    }),
  );
  return { node: node.index, conversation: id, messages: messages.map(viewOf), total, unread };
}
