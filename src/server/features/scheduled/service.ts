import { z } from "zod";
import type { Message } from "../../../protocol/messages.ts";
import {
  clientIdOf,
  type RescheduleBody,
  type ScheduleBody,
  type ScheduledMessage,
} from "../../../protocol/scheduled.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import { type Jobs, jobKind } from "../../jobs/jobs.ts";
import type { Access } from "../../log/access.ts";
import type { OwnWrites } from "../me/own-writes.ts";
import type { Messages } from "../messages/service.ts";
import { isZone } from "./repetition.ts";
import { LATE, type ScheduledRow } from "./rows.ts";
import type { ScheduledStore } from "./store.ts";

/** Messages that are sent later, as their authors see and change them. */
export class Scheduled {
  constructor(
    private readonly store: ScheduledStore,
    private readonly messages: Pick<Messages, "send">,
    private readonly access: Pick<Access, "requireParticipant">,
    private readonly writes: Pick<OwnWrites, "run" | "moved">,
    private readonly jobs: Pick<Jobs, "wake">,
  ) {}

  async create(userId: number, conversationId: string, body: ScheduleBody): Promise<ScheduledMessage> {
    checkZone(body);
    const created = await this.writes.run(userId, () => this.store.create(userId, conversationId, body));
    if (!created) {
      await this.access.requireParticipant(conversationId, userId);
      // The memory of this node is behind: the user has just left.
      throw new Failure("not_a_participant");
    }
    this.jobs.wake();
    return created.message;
  }

  async change(userId: number, conversationId: string, id: string, body: RescheduleBody): Promise<ScheduledMessage> {
    checkZone(body);
    const { message } = await this.writes.run(userId, () => this.store.change(userId, conversationId, id, body));
    this.jobs.wake();
    return message;
  }

  async remove(userId: number, conversationId: string, id: string): Promise<void> {
    await this.writes.run(userId, () => this.store.remove(userId, conversationId, id));
  }

  /** Sends a message before its time, or one that was late or refused. */
  async sendNow(userId: number, conversationId: string, id: string): Promise<Message> {
    const { row } = await this.writes.run(userId, () => this.store.hurry(userId, conversationId, id));
    const sent = await this.deliver(row);
    this.jobs.wake();
    if (sent instanceof Failure) throw sent;
    return sent.message;
  }

  /** Leaves out an occurrence. */
  async skip(userId: number, conversationId: string, id: string): Promise<ScheduledMessage | undefined> {
    const { next } = await this.writes.run(userId, () => this.store.skip(userId, conversationId, id));
    this.jobs.wake();
    return next;
  }

  list(
    userId: number,
    conversationId: string | null,
    page: { limit: number; offset: number },
  ): Promise<{ items: ScheduledMessage[]; total: number }> {
    return this.store.list(userId, conversationId, page);
  }

  /** One step of a message's job. */
  async step(id: string): Promise<"done" | { againAfterMs: number }> {
    const due = await this.store.due(id);
    if (due.kind === "nothing") return "done";
    if (due.kind === "wait") return { againAfterMs: due.ms };
    const { row } = due;
    if (due.kind === "late" && !(await this.store.isSent(row))) {
      await this.store.giveUp(row, LATE);
      this.writes.moved(row.userId);
      return "done";
    }
    const sent = await this.deliver(row);
    if (sent instanceof Failure || sent.againAfterMs === undefined) return "done";
    return { againAfterMs: sent.againAfterMs };
  }

  /**
   * Sends an occurrence by the ordinary append and goes on with the next one. Its `client_id` names the occurrence: whatever
   * dies between the two, and however often this is repeated, the log has the message once.
   * @returns the failure, when the message was refused; its author is told
   */
  private async deliver(row: ScheduledRow) {
    const { conversationId, userId: senderId, content } = row;
    const clientId = clientIdOf(row.id, row.occurrence);
    try {
      const { message } = await this.messages.send({ conversationId, senderId, content, clientId });
      return { message, againAfterMs: await this.settle(row) };
    } catch (error) {
      // Any other error passes: the job tries again.
      if (!(error instanceof Failure) || error.reason === "unavailable") throw error;
      // An earlier step has sent it, before its author changed the text.
      if (error.reason === "client_id_conflict") await this.settle(row);
      else {
        await this.store.giveUp(row, error.code);
        this.writes.moved(senderId);
      }
      return error;
    }
  }

  private async settle(row: ScheduledRow) {
    const againAfterMs = await this.store.settle(row);
    this.writes.moved(row.userId);
    return againAfterMs;
  }
}

function checkZone({ zone }: { zone?: string | null | undefined }) {
  if (zone && !isZone(zone)) throw invalidField("zone", "The server does not know this time zone.");
}

/** The job of a message that is sent later. */
export const sendScheduledOf = (scheduled: Pick<Scheduled, "step">) =>
  jobKind(z.object({ id: z.uuid() }), ({ id }) => scheduled.step(id));
