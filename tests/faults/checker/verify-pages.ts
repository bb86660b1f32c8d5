import type { Amend, History, Operation, Page, Send, Truth, Violation } from "./history.ts";
import { asFarAsKept, byConversation, sendsOf, show, writtenOnce } from "./record.ts";
import type { Sides } from "./sides.ts";
import { marksInPages } from "./verify-marks.ts";
import { LATE_MS } from "./writes.ts";

/** A page shows what was acked before it was asked for: every message, and no content that was replaced by then. */
export function* pagesAreFresh(history: History, sides: Sides): Iterable<Violation> {
  const { wentBack } = history;
  for (const side of sides.each) {
    // A page of one history says nothing about the other one, nor does a page asked for in between.
    const isIts = ({ invokedAt, endedAt }: Page) =>
      !wentBack || (side === "new" ? invokedAt >= wentBack.bornAt : endedAt < wentBack.diedAt);
    const pages = history.operations.filter(
      (operation): operation is Page => operation.kind === "page" && operation.outcome === "ok" && isIts(operation),
    );
    const sends = sendsOf(history).filter(({ result, invokedAt }) => {
      const of = result && sides.of(result.id, invokedAt);
      return of === undefined || of === "both" || of === side;
    });
    const operations = side === "new" ? asFarAsKept(history) : history.operations;
    yield* areFresh(pages, sends, amendmentsByMessage(operations));
    yield* marksInPages(pages, operations);
  }
}

function* areFresh(pages: Page[], sends: Send[], amendments: Map<string, Amend[]>): Iterable<Violation> {
  const written = writtenOnce(sends);
  const acked = byConversation(written);
  /** The latest time at which a content can have been written. */
  const writtenBy = new Map<string, number>();
  for (const send of written) writtenBy.set(send.content, send.ackedAt);
  // One whose answer is unknown may have been carried out at any later time.
  for (const { content, outcome, endedAt } of [...amendments.values()].flat())
    if (content !== null && outcome === "ok") writtenBy.set(content, endedAt);
  for (const page of pages) {
    const { messages = [], conversation, node, invokedAt } = page;
    const where = `a page of node ${node} of ${conversation}`;
    for (const [i, message] of messages.entries())
      if (i > 0 && message.seq !== (messages[i - 1]?.seq ?? 0) + 1)
        yield { check: "fresh pages", text: `${where} jumps from seq ${messages[i - 1]?.seq} to ${message.seq}` };
    if (page.newest) {
      const newest = messages.at(-1)?.seq ?? 0;
      for (const { seq, ackedAt } of acked.get(conversation) ?? [])
        if (ackedAt < invokedAt && seq > newest)
          yield { check: "fresh pages", text: `${where} ends at seq ${newest}, though ${seq} was acked before` };
    }
    for (const message of messages) {
      const later = (amendments.get(message.id) ?? []).filter(
        (amend) => amend.outcome === "ok" && amend.endedAt < invokedAt,
      );
      const since = message.deleted ? undefined : writtenBy.get(message.content);
      const replaced = since !== undefined && later.find((amend) => amend.invokedAt > since);
      if (replaced)
        yield {
          check: "fresh pages",
          text: `${where} shows "${message.content}" at seq ${message.seq}, which was replaced before by ${show(replaced.content)}`,
        };
    }
  }
}

/** A message has the content of its last change, where the record shows which one was last. */
export function* amendmentsHold(operations: Operation[], truth: Truth): Iterable<Violation> {
  const amendments = amendmentsByMessage(operations);
  for (const { messages } of truth.conversations.values())
    for (const message of messages) {
      const list = amendments.get(message.id);
      if (!list) continue;
      const content = message.deleted ? null : message.content;
      const last = list.find((amend) => amend.content === content && amend.outcome !== "fail");
      const done = list.filter(({ outcome }) => outcome === "ok");
      if (!last) {
        if (done.length > 0 || list.some((amend) => amend.content === content))
          yield {
            check: "edits hold",
            text: `message ${message.id} is ${show(content)}, which no successful change made it`,
          };
        continue;
      }
      const later = done.find(({ invokedAt }) => invokedAt > last.endedAt);
      // Nothing follows a deletion, and what is unknown may have happened a little later.
      const isSure = later && (last.outcome === "ok" || later.invokedAt > last.endedAt + LATE_MS);
      if (later && isSure && last.content !== null)
        yield {
          check: "edits hold",
          text: `message ${message.id} is ${show(content)}, though ${show(later.content)} came after it`,
        };
    }
}

function amendmentsByMessage(operations: Operation[]): Map<string, Amend[]> {
  const amendments = new Map<string, Amend[]>();
  for (const operation of operations) {
    if (operation.kind !== "amend") continue;
    const list = amendments.get(operation.messageId);
    if (list) list.push(operation);
    else amendments.set(operation.messageId, [operation]);
  }
  return amendments;
}
