import { z } from "zod";

/** The socket in DATA_DIR on which an embedded server answers commands. Only its own user can open it (0600). */
export const CONTROL_SOCKET = "confab.sock";

export const PATHS = {
  accounts: "/accounts",
  hold: "/checkpoints/hold",
  release: "/checkpoints/release",
  reopen: "/reopen",
} as const;

/** The answer to a command: whether it worked, and a text for people. */
export const controlReply = z.object({ ok: z.boolean(), text: z.string() });

/** The first line of the answer to `hold`, and the body of `release`. */
export const holdBody = z.object({ id: z.string() });
