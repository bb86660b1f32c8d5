import { z } from "zod";
import { errorCode } from "./envelope.ts";
import { commonFields, echo, last_seq, last_version, serverFrame } from "./frame-parts.ts";
import { meVersion } from "./me.ts";
import { count, epoch, headTag, id, prunedSeq, userId } from "./text.ts";

/** The words by which a client says what it understands, when it opens a socket. */
const socketOptions = ["ranges", "threads"] as const;
export type SocketOption = (typeof socketOptions)[number];

const NOTHING: ReadonlySet<SocketOption> = new Set();
/** All sockets that accept the same share a set: one for each would be a part of the cost of an idle socket. */
const shared = new Map<string, ReadonlySet<SocketOption>>();

function sharedSet(options: SocketOption[]): ReadonlySet<SocketOption> {
  const key = options.join(",");
  const set = shared.get(key) ?? new Set(options);
  shared.set(key, set);
  return set;
}

/** `?accepts=` of a socket. An option of a newer release is ignored. */
export const accepts = z
  .string()
  .transform((text): ReadonlySet<SocketOption> => {
    const words = text.split(",");
    return sharedSet(socketOptions.filter((option) => words.includes(option)));
  })
  // A function, because zod copies a set that is given as it is.
  .default(() => NOTHING)
  .meta({
    type: "string",
    description:
      "What you understand, separated by commas. `ranges`: one frame may stand for several changes (see `message_changed`). `threads`: threads that you follow come as `conversation` and `activity` frames too.",
    default: "",
    examples: ["ranges,threads"],
  });

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
    me_version: meVersion.optional(),
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
    last_seq: count.optional().meta({ description: "Only with the code `newer`: the `seq` of the newest message." }),
  },
  "Nothing was done. After `unavailable` and `internal_error` that is not certain: send again with the same `client_id`.",
);
