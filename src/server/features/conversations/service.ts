import type { Conversation, ConversationDetail, ConversationSummary } from "../../../protocol/conversations.ts";
import { encode } from "../../../protocol/frames.ts";
import { groupTitle } from "../../../protocol/names.ts";
import type { ConversationRequest } from "../../../protocol/requests.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { OwnTurns } from "../../base/own-turns.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Change } from "../../log/changes.ts";
import type { Memberships } from "../../log/memberships.ts";
import type { Alteration } from "../members/alteration.ts";
import { publishEndedRequests, publishRequests } from "../requests/announce.ts";
import type { Asked, EndedRequest } from "../requests/statements.ts";
import type { OpenRequest, RequestsStore } from "../requests/store.ts";
import type { Reach, Reached } from "./reach.ts";
import type { ConversationRecord, NewConversation, SummaryRecord } from "./records.ts";
import type { ConversationsStore } from "./store.ts";

/** The outcome of the wish to begin a conversation. */
export type Begun =
  | { kind: "created" | "existing"; conversation: Conversation; requested: number[] }
  /** A 1-on-1 whose other person must agree first. */
  | { kind: "requested"; request: ConversationRequest };

interface Parts {
  store: ConversationsStore;
  memberships: Pick<Memberships, "membership">;
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
    if (created) this.publishNew(conversation, present, 0);
    // The 1-on-1 shows again on the owner's other devices.
    else if (unhidden) this.publishTo(wish.ownerId, conversation);
    return { kind: created ? "created" : "existing", conversation: seenBy(conversation, wish.ownerId), requested };
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
      await this.alter(fromId, conversationId, { kind: "accept", userId, requestId, max });
      return this.recordFor(userId, conversationId);
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

  async list(userId: number, page: { limit: number; offset: number; search: string }) {
    const { rows, ...counts } = await this.parts.turns.run(userId, () => this.parts.store.summaries(userId, page));
    return { conversations: rows.map((row) => summaryFor(row, userId)), ...counts };
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

  async participants(userId: number, conversationId: string, page: { after: number; limit: number }) {
    if ((await this.parts.memberships.membership(conversationId, userId)) !== "participant")
      throw new Failure("conversation_not_found");
    return this.parts.store.participants(conversationId, page);
  }

  async rename(userId: number, conversationId: string, name: string | null): Promise<Conversation> {
    await this.alter(userId, conversationId, { kind: "rename", name });
    return this.recordFor(userId, conversationId);
  }

  /** `requested`: people who must agree first, or who had left by themselves. They got a request. */
  async addParticipants(userId: number, conversationId: string, userIds: number[]) {
    if (userIds.length === 0) throw invalidField("user_ids", "This list may not be empty.");
    const max = this.parts.maxParticipants;
    const faults = duplicateFaults(userIds);
    if (userIds.length > max) faults.push(`A conversation can have at most ${max} participants.`);
    const { unknown, toAsk } = userIds.length > max ? NOBODY : await this.parts.reach.of(userId, userIds);
    faults.push(...unknownFaults(unknown));
    if (faults.length > 0) throw new Failure("validation_failed", { errors: { user_ids: faults } });
    const asked = await this.alter(userId, conversationId, { kind: "add", userIds, toAsk, max });
    return { conversation: await this.recordFor(userId, conversationId), requested: idsOf(asked) };
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
    await this.alter(host, conversationId, { kind: "add", userIds: [userId], max: this.parts.maxParticipants });
  }

  /**
   * Removes the user from a group, or as its owner anybody. Nobody can leave a 1-on-1, so it is hidden for the user instead.
   * The group is not returned: people who left it do not see it.
   */
  async removeParticipant(userId: number, conversationId: string, removedId: number): Promise<"hidden" | "removed"> {
    const last_seq = removedId === userId ? await this.parts.store.hide(conversationId, userId) : undefined;
    if (last_seq !== undefined) {
      const frame = encode({ type: "hidden", conversation_id: conversationId, last_seq });
      this.parts.bus.publish({ kind: "to_user", userId, frame });
      return "hidden";
    }
    await this.alter(userId, conversationId, { kind: "remove", userId: removedId });
    return "removed";
  }

  /** Announces to everybody in a group that this user has joined it, after the commit. Returns the group as the user sees it. */
  async announceJoin(
    userId: number,
    conversationId: string,
    { change, ended }: { change: Change | undefined; ended: EndedRequest[] },
  ): Promise<Conversation> {
    publishEndedRequests(this.parts.bus, ended);
    if (change) await this.publishChange(conversationId, change);
    return this.recordFor(userId, conversationId);
  }

  /** Alters a group and announces the change. Returns the people who are asked. */
  private async alter(userId: number, conversationId: string, alteration: Alteration): Promise<Asked[]> {
    const { change, asked, ended } = await this.parts.store
      .alter(conversationId, userId, alteration)
      .catch((error: unknown) => this.parts.announcer.doubt(conversationId, error));
    publishEndedRequests(this.parts.bus, ended);
    if (change) await this.publishChange(conversationId, change);
    await publishRequests(this.parts.bus, this.parts.requests, this.parts.logger, asked);
    return asked;
  }

  private async publishChange(conversationId: string, change: Change): Promise<void> {
    this.parts.announcer.announce(change);
    if (change.kind === "members_added") {
      const record = await this.parts.store.record(conversationId);
      if (!record) throw new Failure("conversation_not_found");
      this.publishNew(
        record,
        change.added.map((user) => user.id),
        change.version,
      );
    }
  }

  private async recordFor(userId: number, conversationId: string): Promise<Conversation> {
    const record = await this.parts.store.record(conversationId);
    if (!record) throw new Failure("conversation_not_found");
    return seenBy(record, userId);
  }

  /** Announces a conversation to people for whom it is new since this version. */
  private publishNew(record: ConversationRecord, userIds: number[], version: number) {
    const joined = { conversationId: record.id, version };
    // A group looks the same to everyone, so one frame serves all.
    const shared = record.isGroup ? frameFor(record, 0) : undefined;
    for (const userId of userIds)
      this.parts.bus.publish({ kind: "to_user", userId, joined, frame: shared ?? frameFor(record, userId) });
  }

  private publishTo(userId: number, record: ConversationRecord) {
    this.parts.bus.publish({ kind: "to_user", userId, frame: frameFor(record, userId) });
  }
}

const NOBODY: Reached = { unknown: [], toAsk: new Set() };
const idsOf = (asked: readonly Asked[]) => asked.map(({ userId }) => userId);
const frameFor = (record: ConversationRecord, userId: number) =>
  encode({ type: "conversation", conversation_id: record.id, conversation: seenBy(record, userId) });

const unknownFaults = (ids: readonly number[]) =>
  ids.length === 0 ? [] : [`There is no user with id ${someOf(ids)}.`];

const duplicateFaults = (ids: number[]): string[] =>
  new Set(ids).size === ids.length ? [] : ["Duplicate participants are not allowed."];

/** A list that stays readable when it is long: ten ids at most. */
const someOf = (ids: readonly number[]) => (ids.length > 10 ? `${ids.slice(0, 10).join(", ")}, …` : ids.join(", "));

/** The conversation as `userId` sees it. */
function seenBy(record: ConversationRecord, userId: number): Conversation {
  return {
    id: record.id,
    name: record.name,
    display_name: record.name ?? displayName(record, userId),
    is_group: record.isGroup,
    owner_id: record.isGroup ? record.ownerId : null,
    participants: record.participants,
    participant_count: record.participantCount,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}

function displayName({ isGroup, participants }: ConversationRecord, userId: number): string {
  if (isGroup) return groupTitle(participants.map((user) => user.first_name));
  return `Chat with ${participants.find((user) => user.id !== userId)?.full_name ?? "nobody"}`;
}

const summaryFor = (row: SummaryRecord, userId: number): ConversationSummary => ({
  ...seenBy(row, userId),
  message_count: row.messageCount,
  pruned_seq: row.prunedSeq,
  unread_count: row.unreadCount,
  last_message: row.lastMessage,
});
