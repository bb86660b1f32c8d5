import { encode } from "../../../protocol/frames.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Asked, EndedRequest, RequestStore } from "../../log/ports.ts";

/** Tells people of requests that are new to them. Never rejects: the requests are there, the next list has them. */
export async function tellAsked(bus: Bus, store: RequestStore, logger: Logger, asked: Asked[]): Promise<void> {
  const userIds = new Map(asked.flatMap(({ id, userId, isNew }) => (isNew ? [[id, userId] as const] : [])));
  if (userIds.size === 0) return;
  try {
    for (const request of await store.read([...userIds.keys()])) {
      const userId = userIds.get(request.id);
      if (userId !== undefined) bus.publish({ kind: "to_user", userId, frame: encode({ type: "request", request }) });
    }
  } catch (error) {
    logger.warn({ err: error }, "can't tell people of requests; they see them in their next list");
  }
}

/** Tells these people's devices that nobody need answer any longer. */
export function publishEndedRequests(bus: Bus, ended: readonly EndedRequest[]): void {
  for (const { id: request_id, userId } of ended)
    bus.publish({ kind: "to_user", userId, frame: encode({ type: "request_ended", request_id }) });
}
