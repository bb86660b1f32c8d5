import type { Ask, Cluster } from "./cluster.ts";
import { viewOf } from "./device.ts";
import type { NodeView, TrueConversation, TrueInvite, Truth } from "./history.ts";
import type { Person } from "./person.ts";

const LOOK_EVERY_MS = 100;

/** Reads the log, once every member's device has caught up with it, and each node's view of it. */
export async function readBack(
  cluster: Cluster,
  people: Person[],
  { conversations, code }: { conversations: string[]; code: string },
  isLate: () => boolean,
): Promise<Truth> {
  const truth: Truth = { conversations: await readLog(cluster, conversations), views: [], replicas: [] };
  truth.invite = await readInvite(cluster, code);
  await untilCaughtUp(truth, people, isLate);
  for (const person of people)
    for (const device of [...person.devices, ...person.onlookers])
      for (const [conversation, replica] of device.replicas)
        if (truth.conversations.get(conversation)?.members.has(person.id))
          truth.replicas.push({ ...replica, state: device.stateIn(conversation) });
  for (const node of cluster.nodes)
    for (const id of conversations) truth.views.push(await viewConversation(truth, people, node, id));
  return truth;
}

/** Every conversation as the database has it now. */
export function readLog(cluster: Cluster, conversations: string[]): Promise<Map<string, TrueConversation>> {
  return cluster.ask(async (query) => {
    const log = new Map<string, TrueConversation>();
    for (const id of conversations) log.set(id, await readConversation(query, id));
    return log;
  });
}

function readInvite(cluster: Cluster, code: string): Promise<TrueInvite> {
  return cluster.ask(async (query) => {
    const [row] = await query("SELECT * FROM invites WHERE code = $1", [code]);
    if (!row) throw new Error("the invite is gone");
    const uses = await query("SELECT user_id FROM invite_uses WHERE code = $1", [code]);
    return {
      conversation: String(row["conversation_id"]),
      maxUses: Number(row["max_uses"]),
      uses: Number(row["uses"]),
      people: uses.map((use) => Number(use["user_id"])),
    };
  });
}

async function readConversation(query: Ask, id: string): Promise<TrueConversation> {
  const [row] = await query("SELECT last_seq, last_version FROM conversations WHERE id = $1", [id]);
  if (!row) throw new Error(`conversation ${id} is gone`);
  const messages = await query("SELECT * FROM messages WHERE conversation_id = $1 ORDER BY seq", [id]);
  const changes = await query("SELECT * FROM changes WHERE conversation_id = $1 ORDER BY version", [id]);
  const members = await query("SELECT * FROM participants WHERE conversation_id = $1", [id]);
  const ids = (list: unknown) => (Array.isArray(list) ? list.map(Number) : []);
  return {
    lastSeq: Number(row["last_seq"]),
    lastVersion: Number(row["last_version"]),
    messages: messages.map((message) => ({
      id: String(message["id"]),
      seq: Number(message["seq"]),
      version: Number(message["version"]),
      senderId: Number(message["sender_id"]),
      clientId: message["client_id"] === null ? null : String(message["client_id"]),
      content: String(message["content"]),
      deleted: message["deleted_at"] !== null,
    })),
    changes: changes.map((change) => ({
      version: Number(change["version"]),
      tag: String(change["tag"]),
      lastSeq: Number(change["last_seq"]),
      messageSeq: change["message_seq"] === null ? null : Number(change["message_seq"]),
      added: ids(change["added"]),
      removed: ids(change["removed"]),
    })),
    members: new Map(members.map((member) => [Number(member["user_id"]), Number(member["read_seq"])])),
  };
}

/** The check of replicas finds devices that do not catch up in time. */
async function untilCaughtUp(truth: Truth, people: Person[], isLate: () => boolean) {
  const isBehind = () =>
    people.some((person) =>
      [...person.devices, ...person.onlookers].some((device) =>
        [...device.replicas].some(([id, replica]) => {
          const conversation = truth.conversations.get(id);
          if (!conversation?.members.has(person.id)) return false;
          return replica.version !== conversation.lastVersion || !Number.isFinite(replica.fromSeq);
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
