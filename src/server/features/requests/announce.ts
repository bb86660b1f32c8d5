import { encode } from "../../../protocol/frames.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Asked, EndedRequest } from "./statements.ts";
import type { RequestsStore } from "./store.ts";

/** Announces requests to the people who are asked for the first time. Never rejects: their next list shows the requests too. */
export async function publishRequests(
  bus: Bus,
  store: Pick<RequestsStore, "read">,
  logger: Logger,
  asked: Asked[],
): Promise<void> {
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

/** Announces to the people's devices that these requests no longer need an answer. */
export function publishEndedRequests(bus: Bus, ended: readonly EndedRequest[]): void {
  for (const { id: request_id, userId } of ended)
    bus.publish({ kind: "to_user", userId, frame: encode({ type: "request_ended", request_id }) });
}
