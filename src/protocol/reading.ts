import { z } from "zod";
import { commonFields, last_seq, serverFrame, who } from "./frame-parts.ts";
import { counter, id } from "./text.ts";

export const markReadFrame = z
  .object({
    ...commonFields,
    seq: counter.optional(),
    version: counter.optional().meta({
      description: "The newest change that you have looked at. It moves your `read_version`.",
    }),
  })
  .meta({
    description: "Moves your read position forward, to `seq` or else to the newest message. It never moves back.",
    examples: [{ seq: 7 }],
  });

export const readFrame = serverFrame(
  "read",
  { conversation_id: id, ...who, seq: last_seq },
  "Another participant has read up to `seq`.",
);

export const readPositionFrame = serverFrame(
  "read_position",
  { conversation_id: id, seq: last_seq },
  "You have read up to `seq`, on this device or another. It comes whether or not you are subscribed.",
  { userSocketOnly: true },
);
