import type { Conversation, ConversationDetail, ConversationSummary } from "../../../protocol/conversations.ts";
import { encode } from "../../../protocol/frames.ts";
import type { ConversationMe } from "../../../protocol/me.ts";
import type { ConversationRequest } from "../../../protocol/requests.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { OwnTurns } from "../../base/own-turns.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Change } from "../../log/changes.ts";
import type { Memberships } from "../../log/memberships.ts";
import { NEW_TO_MEMBER } from "../me/statements.ts";
import type { MeStore } from "../me/store.ts";
import type { Alteration, Altered, AlterOutcome } from "../members/alteration.ts";
import type { ConversationRecord } from "../members/group.ts";
import { publishEndedRequests, publishRequests } from "../requests/announce.ts";
import type { Asked, EndedRequest } from "../requests/statements.ts";
import type { OpenRequest, RequestsStore } from "../requests/store.ts";
import type { Reach, Reached } from "./reach.ts";
import type { NewConversation } from "./records.ts";
import { frameFor, seenBy, summaryFor } from "./seen.ts";
import type { ConversationsStore } from "./store.ts";

/** The outcome of the wish to begin a conversation. */
export type Begun =
  | { kind: "created" | "existing"; conversation: Conversation; requested: number[] }
  /** A 1-on-1 whose other person must agree first. */
  | { kind: "requested"; request: ConversationRequest };

type Adding = Alteration & { kind: "add" };
type AlteredAsSeen = Altered & { seen: Conversation };

interface Parts {
  store: ConversationsStore;
  memberships: Pick<Memberships, "membership">;
  me: Pick<MeStore, "ofConversation">;
  requests: Pick<RequestsStore, "read">;
  reach: Reach;
  announcer: Announcer;
  bus: Bus;
  turns: OwnTurns;
  logger: Logger;
  maxParticipants: number;
}

/** Conversations as their members see and change them. */
export class Conversations {
  constructor(private readonly parts: Parts) {}

  /**
   * Makes a conversation, or returns the 1-on-1 that exists already. Two people never have two, however many requests
   * race. People who must agree first get a request.
   */
  async create(creatorId: number, body: { participantIds: number[]; name: string | null }): Promise<Begun> {
    const faults = duplicateFaults(body.participantIds);
    const people = new Set(body.participantIds);
    if (!people.has(creatorId)) people.add(creatorId);
    if (people.size < 2) faults.push("A conversation must have at least 2 participants.");
    const max = this.parts.maxParticipants;
    if (people.size > max) faults.push(`A conversation can have at most ${max} participants.`);
    const reached = people.size > max ? NOBODY : await this.parts.reach.of(creatorId, [...people]);
    faults.push(...unknownFaults(reached.unknown));
    if (faults.length > 0) throw new Failure("validation_failed", { errors: { participant_ids: faults } });
    return this.begin({
      id: Bun.randomUUIDv7(),
      ownerId: creatorId,
      participantIds: [...people],
      toAsk: reached.toAsk,
      name: body.name,
    });
  }

  /** Makes a group of one member that others join by themselves. */
  async createEmptyGroup(ownerId: number, name: string): Promise<Conversation> {
    const begun = await this.begin({
      id: Bun.randomUUIDv7(),
      ownerId,
      participantIds: [ownerId],
      name,
      isGroup: true,
    });
    if (begun.kind === "requested") throw new Failure("request_not_found");
    return begun.conversation;
  }

  private async begin(wish: NewConversation): Promise<Begun> {
    const { conversation, created, unhidden, asked, ended } = await this.parts.store.create(wish);
    publishEndedRequests(this.parts.bus, ended);
    await publishRequests(this.parts.bus, this.parts.requests, this.parts.logger, asked);
    if (!conversation) return { kind: "requested", request: await this.requestOf(asked) };
    const requested = idsOf(asked);
    const present = wish.participantIds.filter((id) => !requested.includes(id));
    const { ownerId } = wish;
    const me = created ? NEW_TO_MEMBER : await this.meIn(ownerId, conversation.id);
    if (created) this.publishNew(conversation, present, 0);
    // The 1-on-1 shows again on the owner's other devices.
    else if (unhidden)
      this.parts.bus.publish({ kind: "to_user", userId: ownerId, frame: frameFor(conversation, ownerId, me) });
    return { kind: created ? "created" : "existing", conversation: seenBy(conversation, ownerId, me), requested };
  }

  private async requestOf(asked: Asked[]): Promise<ConversationRequest> {
    const [request] = await this.parts.requests.read(asked.map(({ id }) => id));
    if (!request) throw new Failure("unavailable", { retryAfter: 1 });
    return request;
  }

  /** The user agrees to a request that waits for them: the 1-on-1 is made, or they join the group. */
  async accept(userId: number, requestId: string, { fromId, conversationId }: OpenRequest): Promise<Conversation> {
    if (conversationId !== null) {
      const max = this.parts.maxParticipants;
      const { conversation } = await this.alter(fromId, conversationId, { kind: "accept", userId, requestId, max });
      return seenBy(conversation, userId, await this.meIn(userId, conversationId));
    }
    const begun = await this.begin({
      id: Bun.randomUUIDv7(),
      ownerId: fromId,
      participantIds: [fromId, userId],
      name: null,
      accepts: requestId,
    });
    if (begun.kind === "requested") throw new Failure("request_not_found");
    return this.recordFor(userId, begun.conversation.id);
  }

  async list(
    userId: number,
    page: { limit: number; offset: number; search: string; archived?: boolean | undefined; threads?: boolean },
  ) {
    const { rows, ...counts } = await this.parts.turns.run(userId, () => this.parts.store.summaries(userId, page));
    return { conversations: rows.map((row) => summaryFor(row, userId)), ...counts };
  }

  /** Those of these conversations in which the user is a member, by their ids. */
  async summariesOf(userId: number, ids: readonly string[]): Promise<Map<string, ConversationSummary>> {
    const rows = await this.parts.store.summariesOf(userId, ids);
    return new Map(rows.map((row) => [row.id, summaryFor(row, userId)]));
  }

  async detail(userId: number, conversationId: string): Promise<ConversationDetail> {
    const row = await this.parts.store.summary(userId, conversationId);
    if (!row) throw new Failure("conversation_not_found");
    return {
      ...summaryFor(row, userId),
      ...(row.isHidden ? { is_hidden: true } : {}),
      read_positions: await this.parts.store.readPositions(conversationId),
    };
  }

  /** The frame that shows a thread to somebody who follows it. `undefined`: they can't see it any more. */
  async threadFrame(userId: number, threadId: string): Promise<{ frame: string; parentId: string } | undefined> {
    const row = await this.parts.store.summary(userId, threadId);
    return row?.thread && { frame: frameFor(row, userId, row.me), parentId: row.thread.parent.id };
  }

  async participants(userId: number, conversationId: string, page: { after: number; limit: number }) {
    if ((await this.parts.memberships.membership(conversationId, userId)) !== "participant")
      throw new Failure("conversation_not_found");
    return this.parts.store.participants(conversationId, page);
  }

  async rename(userId: number, conversationId: string, name: string | null): Promise<Conversation> {
    const { seen } = await this.alterAsSeen(userId, conversationId, { kind: "rename", name });
    return seen;
  }

  /** Gives a group another picture, or none. Returns the picture that nobody shows from now on. */
  async changePicture(userId: number, conversationId: string, picture: string | null) {
    const { seen, dropped } = await this.alterAsSeen(userId, conversationId, { kind: "picture", picture });
    return { conversation: seen, dropped };
  }

  /** `requested`: people who must agree first, or who had left by themselves. They got a request. */
  async addParticipants(userId: number, conversationId: string, userIds: number[]) {
    if (userIds.length === 0) throw invalidField("user_ids", "This list may not be empty.");
    const max = this.parts.maxParticipants;
    const faults = duplicateFaults(userIds);
    if (userIds.length > max) faults.push(`A conversation can have at most ${max} participants.`);
    const wish = { kind: "add", userIds, max } as const;
    // Mostly nobody has to agree first, which the database sees by itself.
    const isQuick = faults.length === 0 && this.parts.reach.isOpen;
    const added =
      (isQuick && (await this.attemptAsSeen(userId, conversationId, wish))) ||
      (await this.addReached(userId, conversationId, wish, faults));
    return { conversation: added.seen, requested: idsOf(added.asked) };
  }

  private async addReached(userId: number, conversationId: string, wish: Adding, faults: string[]) {
    const isTooMany = wish.userIds.length > wish.max;
    const { unknown, toAsk } = isTooMany ? NOBODY : await this.parts.reach.of(userId, wish.userIds);
    faults.push(...unknownFaults(unknown));
    if (faults.length > 0) throw new Failure("validation_failed", { errors: { user_ids: faults } });
    return this.alterAsSeen(userId, conversationId, { ...wish, toAsk });
  }

  /**
   * Adds a person to a group as if its owner had done it. It is for people who come by themselves, such as new
   * accounts. Does nothing when they are a member already, or when they left or were removed.
   */
  async admit(conversationId: string, userId: number): Promise<void> {
    const record = await this.parts.store.record(conversationId);
    const host = record?.ownerId ?? record?.participants[0]?.id;
    if (host === undefined) throw new Failure("conversation_not_found");
    if (await this.parts.store.wasRemoved(conversationId, userId)) return;
    const max = this.parts.maxParticipants;
    await this.alter(host, conversationId, { kind: "add", userIds: [userId], max, by: userId, toAsk: new Set() });
  }

  /**
   * Removes the user from a group, or as its owner anybody. Nobody can leave a 1-on-1, so it is hidden for the user instead.
   * The group is not returned: people who left it do not see it.
   */
  async removeParticipant(userId: number, conversationId: string, removedId: number): Promise<"hidden" | "removed"> {
    const outcome = await this.attempt(userId, conversationId, { kind: "remove", userId: removedId });
    if (outcome.kind !== "hidden") return "removed";
    const frame = encode({ type: "hidden", conversation_id: conversationId, last_seq: outcome.lastSeq });
    this.parts.bus.publish({ kind: "to_user", userId, frame });
    return "hidden";
  }

  /** Announces to everybody in a group that this user has joined it, after the commit. Returns the group as the user sees it. */
  async announceJoin(
    userId: number,
    conversationId: string,
    { change, ended }: { change: Change | undefined; ended: EndedRequest[] },
  ): Promise<Conversation> {
    publishEndedRequests(this.parts.bus, ended);
    if (change) this.parts.announcer.announce(change);
    const record = await this.recordOf(conversationId);
    if (change) this.publishAdded(record, change);
    return seenBy(record, userId, await this.meIn(userId, conversationId));
  }

  /** Alters a group and announces the change. */
  private async attempt(userId: number, conversationId: string, alteration: Alteration): Promise<AlterOutcome> {
    const outcome = await this.parts.store
      .alter(conversationId, userId, alteration)
      .catch((error: unknown) => this.parts.announcer.doubt(conversationId, error));
    if (outcome.kind !== "done") return outcome;
    const { change, asked, ended, conversation } = outcome;
    publishEndedRequests(this.parts.bus, ended);
    if (change) this.parts.announcer.announce(change);
    if (change) this.publishAdded(conversation, change);
    await publishRequests(this.parts.bus, this.parts.requests, this.parts.logger, asked);
    return outcome;
  }

  /** The same for an alteration that has no other outcome. */
  private async alter(userId: number, conversationId: string, alteration: Alteration): Promise<Altered> {
    const outcome = await this.attempt(userId, conversationId, alteration);
    if (outcome.kind !== "done") throw new Error(`${alteration.kind} ended as ${outcome.kind}`);
    return outcome;
  }

  /** The same, with the group as its actor sees it. */
  private async alterAsSeen(userId: number, conversationId: string, alteration: Alteration): Promise<AlteredAsSeen> {
    const altered = await this.attemptAsSeen(userId, conversationId, alteration);
    if (!altered) throw new Error(`${alteration.kind} was not done`);
    return altered;
  }

  /** Both are asked for at once, because a database may be far away. `undefined`: the outcome is another one. */
  private async attemptAsSeen(
    userId: number,
    conversationId: string,
    alteration: Alteration,
  ): Promise<AlteredAsSeen | undefined> {
    const [outcome, me] = await Promise.all([
      this.attempt(userId, conversationId, alteration),
      this.meIn(userId, conversationId),
    ]);
    return outcome.kind === "done" ? { ...outcome, seen: seenBy(outcome.conversation, userId, me) } : undefined;
  }

  private publishAdded(conversation: ConversationRecord, change: Change): void {
    if (change.kind !== "members_added") return;
    const added = change.added.map((user) => user.id);
    this.publishNew(conversation, added, change.version);
  }

  private async recordOf(conversationId: string): Promise<ConversationRecord> {
    const record = await this.parts.store.record(conversationId);
    if (!record) throw new Failure("conversation_not_found");
    return record;
  }

  private async recordFor(userId: number, conversationId: string): Promise<Conversation> {
    const [record, me] = await Promise.all([this.recordOf(conversationId), this.meIn(userId, conversationId)]);
    return seenBy(record, userId, me);
  }

  private async meIn(userId: number, conversationId: string): Promise<ConversationMe> {
    return (await this.parts.me.ofConversation(userId, conversationId)) ?? NEW_TO_MEMBER;
  }

  /** Announces a conversation to people for whom it is new since this version. */
  private publishNew(record: ConversationRecord, userIds: number[], version: number) {
    const joined = { conversationId: record.id, version };
    // A group looks the same to everyone, so one frame serves all.
    const shared = record.isGroup ? frameFor(record, 0, NEW_TO_MEMBER) : undefined;
    for (const userId of userIds)
      this.parts.bus.publish({
        kind: "to_user",
        userId,
        joined,
        frame: shared ?? frameFor(record, userId, NEW_TO_MEMBER),
      });
  }
}

const NOBODY: Reached = { unknown: [], toAsk: new Set() };
const idsOf = (asked: readonly Asked[]) => asked.map(({ userId }) => userId);

const unknownFaults = (ids: readonly number[]) =>
  ids.length === 0 ? [] : [`There is no user with id ${someOf(ids)}.`];

const duplicateFaults = (ids: number[]): string[] =>
  new Set(ids).size === ids.length ? [] : ["Duplicate participants are not allowed."];

/** A list that stays readable when it is long: ten ids at most. */
const someOf = (ids: readonly number[]) => (ids.length > 10 ? `${ids.slice(0, 10).join(", ")}, …` : ids.join(", "));
