import type { Ask, Cluster } from "./cluster.ts";
import { viewOf } from "./device.ts";
import type { NodeView, Operation, TrueConversation, TrueInvite, Truth } from "./history.ts";
import type { Person } from "./person.ts";
import { readFiles } from "./true-files.ts";
import { readLater } from "./true-later.ts";
import { extrasIn, jsonOf, readMarks, readNames } from "./true-marks.ts";
import { readSettings } from "./true-settings.ts";

const LOOK_EVERY_MS = 100;

/** Reads the log, once every member's device has caught up with it, and each node's view of it. */
export async function readBack(
  cluster: Cluster,
  people: Person[],
  { conversations, code, threads }: { conversations: string[]; code: string; threads: ReadonlyMap<string, string> },
  operations: readonly Operation[],
  isLate: () => boolean,
): Promise<Truth> {
  const truth: Truth = { conversations: await readLog(cluster, conversations), threads, views: [], replicas: [] };
  truth.invite = await readInvite(cluster, code);
  await untilCaughtUp(truth, people, isLate);
  for (const person of people)
    for (const device of [...person.devices, ...person.onlookers])
      for (const [conversation, replica] of device.replicas)
        if (membersOf(truth, conversation)?.has(person.id))
          truth.replicas.push({ ...replica, state: device.stateIn(conversation) });
  for (const node of cluster.nodes)
    for (const id of conversations) truth.views.push(await viewConversation(truth, people, node, id));
  await cluster.ask(async (query) => {
    truth.marks = new Map();
    for (const id of conversations) truth.marks.set(id, await readMarks(query, id));
    truth.names = await readNames(query);
    truth.later = await readLater(query);
  });
  truth.settings = await readSettings(cluster, people, isLate);
  // A copy, because what is asked here is of its own.
  truth.files = await readFiles(cluster, people, { ...truth, operations: [...operations] }, isLate);
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

/** The people who may read a conversation. Those of a thread are the ones of its conversation. */
const membersOf = ({ conversations, threads }: Truth, id: string) => conversations.get(threads?.get(id) ?? id)?.members;

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
      extras: extrasIn(message),
    })),
    changes: changes.map((change) => ({
      version: Number(change["version"]),
      tag: String(change["tag"]),
      lastSeq: Number(change["last_seq"]),
      messageSeq: change["message_seq"] === null ? null : Number(change["message_seq"]),
      added: ids(change["added"]),
      removed: ids(change["removed"]),
      change: jsonOf(change["payload"])?.kind ? jsonOf(change["payload"]) : undefined,
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
          if (!conversation || !membersOf(truth, id)?.has(person.id)) return false;
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
  const members = people.filter((person) => membersOf(truth, id)?.has(person.id));
  const [reader] = members;
  if (!reader) throw new Error(`nobody is left in ${id}`);
  const { messages, total } = await reader.views.messages(id, node);
  const unread = new Map<number, number>();
  await Promise.all(
    members.map(async (member) => {
      const told = await member.views.conversation(id, node);
      if (!told) throw new Error(`node ${node.index} does not show ${id} to user ${member.id}, who is in it`);
      // Nothing of a thread is unread for those who do not follow it.
      if (truth.conversations.get(id)?.members.has(member.id)) unread.set(member.id, told.unread_count);
      else if (told.unread_count > 0) unread.set(member.id, told.unread_count);
    }),
  );
  return { node: node.index, conversation: id, messages: messages.map(viewOf), total, unread };
}
