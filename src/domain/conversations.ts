import type { Conversation, ConversationDetail, ConversationSummary } from "../protocol/conversations.ts";
import { encode } from "../protocol/frames.ts";
import type { Announcer } from "./announcer.ts";
import type { Bus } from "./bus.ts";
import { Failure, invalidField } from "./errors.ts";
import type { OwnTurns } from "./own-turns.ts";
import type { Alteration, ConversationRecord, ConversationStore, SummaryRecord } from "./ports.ts";

export class Conversations {
  constructor(
    private readonly store: ConversationStore,
    private readonly announcer: Announcer,
    private readonly bus: Bus,
    private readonly turns: OwnTurns,
    private readonly settings: { maxParticipants: number },
  ) {}

  /** A 1-on-1 that is there already is given back; two people have one, however many ask at once. */
  async create(
    creatorId: number,
    body: { participantIds: number[]; name: string | null },
  ): Promise<{ conversation: Conversation; created: boolean }> {
    const faults = duplicateFaults(body.participantIds);
    const people = new Set(body.participantIds);
    if (!people.has(creatorId)) people.add(creatorId);
    if (people.size < 2) faults.push("At least 2 participants are required.");
    if (people.size > this.settings.maxParticipants)
      faults.push(`A conversation can have at most ${this.settings.maxParticipants} participants.`);
    else faults.push(...(await this.unknownFaults([...people])));
    if (faults.length > 0) throw new Failure("validation_failed", { errors: { participant_ids: faults } });

    const { conversation, created } = await this.store.create({
      id: Bun.randomUUIDv7(),
      ownerId: creatorId,
      participantIds: [...people],
      name: body.name,
    });
    if (created) this.tellNew(conversation, [...people], 0);
    return { conversation: seenBy(conversation, creatorId), created };
  }

  async list(userId: number, page: { limit: number; offset: number; search: string }) {
    const { rows, ...counts } = await this.turns.run(userId, () => this.store.summaries(userId, page));
    return { conversations: rows.map((row) => summaryFor(row, userId)), ...counts };
  }

  async detail(userId: number, conversationId: string): Promise<ConversationDetail> {
    const row = await this.store.summary(userId, conversationId);
    if (!row) throw new Failure("conversation_not_found");
    return { ...summaryFor(row, userId), read_positions: await this.store.readPositions(conversationId) };
  }

  async participants(userId: number, conversationId: string, page: { after: number; limit: number }) {
    if ((await this.store.membership(conversationId, userId)) !== "participant")
      throw new Failure("conversation_not_found");
    return this.store.participants(conversationId, page);
  }

  rename(userId: number, conversationId: string, name: string | null) {
    return this.alter(userId, conversationId, { kind: "rename", name });
  }

  async addParticipants(userId: number, conversationId: string, userIds: number[]) {
    if (userIds.length === 0) throw invalidField("user_ids", "This list may not be empty.");
    const max = this.settings.maxParticipants;
    const faults = duplicateFaults(userIds);
    if (userIds.length > max) faults.push(`A conversation can have at most ${max} participants.`);
    else faults.push(...(await this.unknownFaults(userIds)));
    if (faults.length > 0) throw new Failure("validation_failed", { errors: { user_ids: faults } });
    return this.alter(userId, conversationId, { kind: "add", userIds, max });
  }

  /**
   * Brings a person into a group as if its owner had added them: they came by themselves, as a new account does. Nothing is
   * done when they are in it, or when somebody removed them.
   */
  async admit(conversationId: string, userId: number): Promise<void> {
    const record = await this.store.record(conversationId);
    const host = record?.ownerId ?? record?.participants[0]?.id;
    if (host === undefined) throw new Failure("conversation_not_found");
    if (await this.store.wasRemoved(conversationId, userId)) return;
    await this.alter(host, conversationId, { kind: "add", userIds: [userId], max: this.settings.maxParticipants });
  }

  /** Oneself, or as the owner anybody. Who leaves does not see the conversation any more, so nothing comes back. */
  async removeParticipant(userId: number, conversationId: string, removedId: number): Promise<void> {
    await this.change(userId, conversationId, { kind: "remove", userId: removedId });
  }

  private async alter(userId: number, conversationId: string, alteration: Alteration): Promise<Conversation> {
    const change = await this.change(userId, conversationId, alteration);
    const record = await this.store.record(conversationId);
    if (!record) throw new Failure("conversation_not_found");
    if (change?.kind === "participants" && change.added.length > 0)
      this.tellNew(
        record,
        change.added.map((user) => user.id),
        change.version,
      );
    return seenBy(record, userId);
  }

  private async change(userId: number, conversationId: string, alteration: Alteration) {
    try {
      const { change } = await this.store.alter(conversationId, userId, alteration);
      if (change) this.announcer.announce(change);
      return change;
    } catch (error) {
      return this.announcer.doubt(conversationId, error);
    }
  }

  /** Tells people of a conversation that is new to them since this version. */
  private tellNew(record: ConversationRecord, userIds: number[], version: number) {
    const joined = { conversationId: record.id, version };
    const frameFor = (userId: number) =>
      encode({ type: "conversation", conversation_id: record.id, conversation: seenBy(record, userId) });
    // A group looks the same to everyone; one frame serves all.
    const shared = record.isGroup ? frameFor(0) : undefined;
    for (const userId of userIds)
      this.bus.publish({ kind: "to_user", userId, joined, frame: shared ?? frameFor(userId) });
  }

  private async unknownFaults(ids: number[]): Promise<string[]> {
    const known = new Set(await this.store.known(ids));
    const unknown = ids.filter((id) => !known.has(id));
    return unknown.length === 0 ? [] : [`There is no user with id ${someOf(unknown)}.`];
  }
}

function duplicateFaults(ids: number[]): string[] {
  const seen = new Set<number>();
  const twice = new Set<number>();
  for (const id of ids) (seen.has(id) ? twice : seen).add(id);
  return twice.size === 0 ? [] : [`Each participant may be listed once; ${someOf([...twice])} is there twice.`];
}

/** A list that stays readable when it is long. */
const someOf = (ids: number[]) => (ids.length > 10 ? `${ids.slice(0, 10).join(", ")}, …` : ids.join(", "));

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
  if (isGroup)
    return `Group with ${participants
      .slice(0, 3)
      .map((user) => user.first_name)
      .join(", ")}`;
  return `Chat with ${participants.find((user) => user.id !== userId)?.full_name ?? "nobody"}`;
}

const summaryFor = (row: SummaryRecord, userId: number): ConversationSummary => ({
  ...seenBy(row, userId),
  message_count: row.messageCount,
  pruned_seq: row.prunedSeq,
  unread_count: row.unreadCount,
  last_message: row.lastMessage,
});
