import type { History, Join, Members, Operation, Read, Truth, Violation } from "./history.ts";

/** The refusals for people who are not members, and for questions about them. */
const REFUSED_WHEN_OUT = ["not_a_participant", "not_found", "not_the_owner", "not_subscribed"];

/** Whether somebody else may have removed the person whom this operation adds, before it ended. */
const wasRemovedByAnother = ({ conversation, person, added, endedAt }: Members, operations: readonly Operation[]) =>
  added !== undefined &&
  operations.some(
    (other) =>
      other.kind === "members" &&
      other.conversation === conversation &&
      other.removed === added &&
      other.person !== person &&
      other.invokedAt < endedAt,
  );

/** Every refusal has its reason in the acts of other people. */
export function* refusalsMakeSense({ operations, wentBack, threads }: History): Iterable<Violation> {
  const moving = new Set(operations.filter(({ kind }) => kind === "members").map(({ conversation }) => conversation));
  for (const operation of operations) {
    const { kind, conversation, outcome, why = "" } = operation;
    const isOut = moving.has(threads?.get(conversation) ?? conversation) && REFUSED_WHEN_OUT.includes(why);
    // A message that was lost can't be changed. A file that became ready in the lost history is not ready again yet.
    const isOfMessage = kind === "amend" || kind === "mark" || kind === "save" || kind === "send";
    const isLost =
      isOfMessage &&
      ["not_found", "reply_not_found", "file_not_found", "file_not_ready"].includes(why) &&
      wentBack &&
      operation.endedAt >= wentBack.diedAt;
    // The time has passed on the way.
    const isPast = (kind === "save" || kind === "schedule") && why === "validation_failed";
    const isFull = (kind === "mark" && why === "too_many_pins") || (kind === "amend" && why === "poll_has_votes");
    const isTooLate = kind === "join" && why === "invite_ended";
    // Only the owner can bring back a member whom the owner has removed.
    const isForOwner =
      operation.kind === "members" && why === "validation_failed" && wasRemovedByAnother(operation, operations);
    // The check of downloads asks whether the file should be there.
    const isOfFile = kind === "download" && why === "file_not_found";
    const isReasonable =
      isOfFile || isOut || isLost || isTooLate || isForOwner || isPast || isFull || why === "message_deleted";
    const isFault = why === "internal_error" || (outcome === "fail" && !isReasonable);
    if (isFault) yield { check: "refusals make sense", text: `${kind} in ${conversation} was refused: ${why}` };
  }
}

/** At rest `unread_count` is the number of messages after the read position, and that is where the reader put it. */
export function* unreadIsExact(operations: Operation[], truth: Truth): Iterable<Violation> {
  const reads = operations.filter((operation): operation is Read => operation.kind === "read");
  for (const [id, { members, messages, changes }] of truth.conversations) {
    const ids = new Set(messages.map((message) => message.id));
    for (const [person, readSeq] of members) {
      const own = messages.filter(({ senderId }) => senderId === person).map(({ seq }) => seq);
      const asked = reads.filter(
        (read) => read.person === person && read.conversation === id && read.outcome !== "fail",
      );
      // Following a thread begins anywhere. Nobody else's messages count then.
      const isThread = truth.threads?.has(id) ?? false;
      // A position beyond the newest message moves to that. Messages of a lost history may have been beyond it.
      const sure = asked.filter(
        ({ outcome, messageId }) => outcome === "ok" && (messageId === undefined || ids.has(messageId)),
      );
      // A new member starts at the newest message. Read positions of an earlier membership are gone.
      const joined = changes.findLast(({ added }) => added.includes(person));
      const certain = joined ? Math.max(joined.lastSeq, ...own) : Math.max(0, ...own, ...sure.map(({ seq }) => seq));
      const possible = Math.max(certain, ...asked.map(({ seq }) => seq));
      if (!isThread && (readSeq < certain || readSeq > possible))
        yield {
          check: "exact unread",
          text: `user ${person} has read ${id} up to ${readSeq}; it must be ${certain} to ${possible}`,
        };
      const expected = messages.filter(({ seq }) => seq > readSeq).length;
      for (const view of truth.views) {
        if (view.conversation !== id) continue;
        const unread = view.unread.get(person);
        // Nobody asks for the unread count of people who registered by the invite.
        if (unread !== undefined && unread !== expected)
          yield {
            check: "exact unread",
            text: `node ${view.node} tells user ${person} of ${unread} unread in ${id}, and there are ${expected}`,
          };
      }
    }
  }
}

/** An invite lets in as many as it is for, each once; everybody who got a success is a member, and all members asked. */
export function* invitesHold({ operations, wentBack }: History, truth: Truth): Iterable<Violation> {
  const { invite } = truth;
  const log = invite && truth.conversations.get(invite.conversation);
  if (!log) return;
  const { uses, maxUses, people } = invite;
  const check = "invites are exact";
  const joins = operations.filter((operation): operation is Join => operation.kind === "join");
  if (uses > maxUses) yield { check, text: `an invite for ${maxUses} was used ${uses} times` };
  if (uses !== people.length) yield { check, text: `an invite says ${uses} uses, and ${people.length} people used it` };
  for (const { person, outcome } of joins)
    if (outcome === "ok" && !log.members.has(person))
      yield { check, text: `user ${person} was told that they are in, and is not` };
  for (const person of people) {
    const times = log.changes.filter(({ added }) => added.includes(person)).length;
    if (times !== 1 || !log.members.has(person))
      yield { check, text: `user ${person} came in by an invite, and was added ${times} times` };
  }
  const asked = new Set(joins.filter(({ outcome }) => outcome !== "fail").map(({ person }) => person));
  const unasked = people.filter((person) => !asked.has(person));
  const unknown = joins.filter(({ person, outcome }) => outcome === "unknown" && person === 0);
  if (unasked.length > unknown.length)
    yield { check, text: `users ${unasked.join(", ")} came in, and ${unknown.length} may have registered` };
  const since = wentBack?.bornAt ?? 0;
  const refused = joins.filter(({ outcome, invokedAt }) => outcome === "fail" && invokedAt >= since);
  if (refused.length > 0 && uses < maxUses)
    yield { check, text: `an invite for ${maxUses} turned ${refused.length} away, and ${uses} used it` };
}
