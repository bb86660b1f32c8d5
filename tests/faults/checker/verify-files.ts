import type { Download, History, Operation, Send, Truth, Violation } from "./history.ts";
import { show } from "./record.ts";
import { Standing } from "./standing.ts";

const CHECKS = {
  hold: "files hold",
  gone: "files go with their message",
  members: "files are for members",
  usage: "exact usage",
} as const;

const isDownload = (operation: Operation): operation is Download => operation.kind === "download";

/** Everything that was read while people chatted. */
export function filesRecord(history: History, operations: readonly Operation[]): Iterable<Violation> {
  return readsHold(history, operations.filter(isDownload), new Standing(history, operations));
}

/** Members get every byte of a file while its message is there. Nobody else gets any. */
function* readsHold(
  { files }: Pick<History, "files">,
  downloads: readonly Download[],
  standing: Standing,
): Iterable<Violation> {
  for (const download of downloads) {
    const { person, conversation, node, messageId, file, outcome, digest, why } = download;
    const text = `node ${node} gave user ${person} the file ${file} of message ${messageId}`;
    const isCopied = standing.sendOf(messageId)?.alsoInParent === true;
    if (outcome === "ok") {
      const uploaded = files?.get(file);
      if (uploaded && digest !== uploaded.digest)
        yield { check: CHECKS.hold, text: `${text} with other bytes than its ${uploaded.bytes}` };
      if (!standing.isIn(person, conversation, download))
        yield { check: CHECKS.members, text: `${text}, and they were not in ${conversation}` };
      if (!isCopied && standing.isDeleted(messageId, download))
        yield { check: CHECKS.gone, text: `${text}, which was deleted before` };
    }
    const isThere = standing.isIn(person, conversation, download, true) && standing.isUntouched(messageId, download);
    if (outcome === "fail" && isThere)
      yield {
        check: CHECKS.hold,
        text: `node ${node} refused user ${person} the file ${file} of ${messageId}: ${why}`,
      };
  }
}

/** At rest each message has its files, once and whole, a deleted one has none, and every byte is counted once. */
export function* filesAtRest(history: History, operations: readonly Operation[], truth: Truth): Iterable<Violation> {
  const { files } = truth;
  if (!files) return;
  const sentAs = new Map<string, Send>();
  for (const operation of operations)
    if (operation.kind === "send" && operation.files) sentAs.set(operation.content, operation);
  const firstOf = new Map<string, readonly string[]>();
  for (const send of sentAs.values()) if (send.result && send.files) firstOf.set(send.result.id, send.files);
  const rows = Map.groupBy(files.ofMessages, ({ conversation, seq }) => `${conversation} ${seq}`);
  for (const [conversation, { messages }] of truth.conversations)
    for (const { id, seq, deleted, extras } of messages) {
      const has = (rows.get(`${conversation} ${seq}`) ?? []).map(({ file }) => file);
      rows.delete(`${conversation} ${seq}`);
      const shows = deleted ? [] : (extras?.files ?? []).map((file) => file.id);
      const sent = deleted ? [] : (firstOf.get(id) ?? shows);
      const text = `message ${id} was sent with ${show(sent)}, shows ${show(shows)} and has ${show(has)}`;
      if (show(has) !== show(shows) || show(has) !== show(sent))
        yield { check: deleted ? CHECKS.gone : CHECKS.hold, text };
    }
  for (const [place, left] of rows) {
    const isOurs = truth.conversations.has(place.split(" ")[0] ?? "");
    if (isOurs) yield { check: CHECKS.gone, text: `there are files of ${place}, which is no message: ${show(left)}` };
  }
  for (const id of files.lost) yield { check: CHECKS.hold, text: `the file ${id} of a message has no row` };
  for (const { person, counted, bytes } of files.usage)
    if (counted !== bytes)
      yield {
        check: CHECKS.usage,
        text: `the files of ${person === 0 ? "all" : `user ${person}`} have ${bytes} bytes, and ${counted} are counted`,
      };
  const standing = new Standing(placesOf(history), restOf(operations, truth));
  yield* readsHold(history, files.asked.filter(isDownload), standing);
}

/** Without the moment at which the database went back: at rest nothing may be lost. */
export const placesOf = ({ wentBack: _, ...history }: History): Omit<History, "wentBack"> => history;

/** The acts after which the log is as it is: sends and changes that it has not, or no longer, are none. */
export function restOf(operations: readonly Operation[], truth: Truth): Operation[] {
  const deleted = new Map(
    [...truth.conversations.values()].flatMap(({ messages }) =>
      messages.map((message) => [message.id, message.deleted ? null : message.content] as const),
    ),
  );
  return operations.flatMap((operation): Operation[] => {
    if (operation.kind === "send" && operation.result && !deleted.has(operation.result.id)) return [];
    if (operation.kind !== "amend") return [operation];
    return deleted.get(operation.messageId) === operation.content ? [{ ...operation, outcome: "ok" }] : [];
  });
}
