import { z } from "zod";
import { errorCode } from "./envelope.ts";
import { commonFields, echo, last_seq, last_version, serverFrame } from "./frame-parts.ts";
import { count, epoch, headTag, id, prunedSeq, userId } from "./text.ts";

/** Frames about the socket itself. */

export const pingFrame = z.object(commonFields).meta({ description: "Asks for a `pong`.", examples: [{ ref: "1" }] });

export const pongFrame = serverFrame("pong", { conversation_id: id.optional(), ref: echo.ref }, "Answers a `ping`.");

export const connectionEstablishedFrame = serverFrame(
  "connection_established",
  {
    message: z.literal("Connected to chat"),
    conversation_id: id.optional(),
    last_seq: last_seq.optional(),
    last_version: last_version.optional(),
    tag: headTag.optional(),
    pruned_seq: prunedSeq.optional(),
    epoch,
    read_seq: count.optional().meta({ description: "Your read position." }),
    reconnect_after_ms: count.meta({ description: "How long to wait after a lost connection.", examples: [1500] }),
    user_id: userId.meta({ description: "Your id." }),
  },
  "The first frame on a socket. On /ws/ it names no conversation.",
);

export const epochFrame = serverFrame(
  "epoch",
  { epoch },
  "The database may have gone back: load your lists again. Each open conversation that differs gets a `reset`.",
  { userSocketOnly: true },
);

export const errorFrame = serverFrame(
  "error",
  {
    message: z.string().meta({ description: "For people.", examples: ["Message content cannot be empty"] }),
    code: errorCode,
    conversation_id: id.optional(),
    ...echo,
    retry_after: count.optional().meta({ description: "Seconds." }),
  },
  "Nothing was done. After `unavailable` and `internal_error` that is not certain: send again with the same `client_id`.",
);
