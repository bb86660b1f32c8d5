import type { Ask, Cluster } from "./cluster.ts";
import type { Operation, TrueConversation, TrueFiles } from "./history.ts";
import type { Person } from "./person.ts";
import { Random } from "./random.ts";
import { wordsIn } from "./words.ts";

const LOOK_EVERY_MS = 200;
/** On each node; the newest, where there are more. */
const FILES_MOST = 60;
const WORDS_MOST = 60;
/** This share of what is read and searched for is asked by anybody, who mostly may not. */
const BY_ANYBODY = 0.25;

interface Rest {
  conversations: Map<string, TrueConversation>;
  operations: readonly Operation[];
}

/** Reads the tables of files, and has people read files and search on every node once the index has caught up. */
export async function readFiles(
  cluster: Cluster,
  people: readonly Person[],
  { conversations, operations }: Rest,
  isLate: () => boolean,
): Promise<TrueFiles> {
  while ((await cluster.ask(behind)) > 0 && !isLate()) await Bun.sleep(LOOK_EVERY_MS);
  const files: TrueFiles = { ...(await cluster.ask(readTables)), asked: [] };
  const byId = new Map(people.map((person) => [person.id, person]));
  const membersIn = (id: string) =>
    [...(conversations.get(id)?.members.keys() ?? [])].flatMap((one) => byId.get(one) ?? []);
  const shared: { conversation: string; messageId: string; file: string }[] = [];
  for (const operation of operations)
    if (operation.kind === "send" && operation.result)
      for (const file of operation.files ?? [])
        shared.push({ conversation: operation.conversation, messageId: operation.result.id, file });
  const words = operations.flatMap((operation) =>
    (operation.kind === "send" || operation.kind === "amend") &&
    operation.content !== null &&
    operation.outcome === "ok"
      ? wordsIn(operation.content).map((word) => ({ word, conversation: operation.conversation }))
      : [],
  );
  for (const node of cluster.nodes) {
    const random = new Random(`files at rest on ${node.index}`);
    const asking = (conversation: string) =>
      random.chance(BY_ANYBODY)
        ? random.pick(people)
        : random.pick([...membersIn(conversation), ...people].slice(0, 5));
    for (const one of random.shuffle(shared).slice(0, FILES_MOST))
      files.asked.push(await asking(one.conversation).sharer.read(one, node));
    for (const { word, conversation } of random.shuffle(words).slice(0, WORDS_MOST))
      files.asked.push(await asking(conversation).sharer.search(word, node));
  }
  return files;
}

/** The number of conversations whose changes the index does not have yet. */
async function behind(query: Ask): Promise<number> {
  const rows = await query(
    `SELECT FROM conversations c LEFT JOIN follower_cursors f ON f.follower = 'search' AND f.conversation_id = c.id
     WHERE c.last_version > coalesce(f.version, 0)`,
    [],
  );
  return rows.length;
}

async function readTables(query: Ask): Promise<Pick<TrueFiles, "ofMessages" | "lost" | "usage">> {
  const ofMessages = await query("SELECT * FROM message_files ORDER BY conversation_id, seq, n", []);
  const lost = await query(
    "SELECT m.file_id FROM message_files m WHERE NOT EXISTS (SELECT FROM files f WHERE f.id = m.file_id)",
    [],
  );
  const usage = await query(
    `SELECT u.user_id, u.bytes AS counted, (
       SELECT coalesce(sum(f.bytes), 0) FROM files f WHERE u.user_id = 0 OR f.user_id = u.user_id
     ) AS bytes FROM file_usage u`,
    [],
  );
  return {
    ofMessages: ofMessages.map(({ conversation_id, seq, file_id }) => ({
      conversation: String(conversation_id),
      seq: Number(seq),
      file: String(file_id),
    })),
    lost: lost.map(({ file_id }) => String(file_id)),
    usage: usage.map(({ user_id, counted, bytes }) => ({
      person: Number(user_id),
      counted: Number(counted),
      bytes: Number(bytes),
    })),
  };
}
