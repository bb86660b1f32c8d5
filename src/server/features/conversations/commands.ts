import { encode } from "../../../protocol/frames.ts";
import { Failure } from "../../base/failure.ts";
import type { Memberships } from "../../log/memberships.ts";
import type { Commands } from "../../ws/command.ts";
import type { Hub } from "../../ws/hub.ts";
import type { Typing } from "../typing/service.ts";

export const conversationCommands = ({
  hub,
  memberships,
  typing,
}: {
  hub: Hub;
  memberships: Memberships;
  typing: Typing;
}): Pick<Commands, "subscribe" | "unsubscribe"> => ({
  subscribe: {
    async run(socket, { ref, after_version, tag }, conversationId) {
      const earlier = socket.subscriptions.get(conversationId);
      if (earlier) hub.leave(earlier);
      const subscription = hub.enter(socket, conversationId);
      hub.watching.setActivity(socket, conversationId, false);
      try {
        const cursor = after_version === undefined ? undefined : { version: after_version, tag: tag ?? undefined };
        await subscription.join(memberships, cursor, ({ readSeq, lastSeq, mentionCount, epoch }, room) =>
          socket.send(
            encode({
              type: "subscribed",
              conversation_id: conversationId,
              ref,
              last_seq: room.lastSeq,
              last_version: room.delivered,
              tag: room.tag,
              pruned_seq: room.prunedSeq,
              epoch,
              read_seq: readSeq,
              mention_count: mentionCount,
              counted_seq: lastSeq,
            }),
          ),
        );
      } catch (error) {
        hub.leave(subscription);
        hub.watching.setActivity(socket, conversationId, true);
        throw error;
      }
    },
  },
  unsubscribe: {
    run(socket, { ref }, conversationId) {
      const subscription = socket.subscriptions.get(conversationId);
      if (!subscription) throw new Failure("not_subscribed");
      hub.leave(subscription);
      hub.watching.setActivity(socket, conversationId, true);
      typing.left(conversationId, socket.actor, socket);
      socket.send(encode({ type: "unsubscribed", conversation_id: conversationId, ref, code: "unsubscribed" }));
    },
  },
});
