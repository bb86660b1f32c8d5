import type { Config } from "../config.ts";
import { counted, Progress } from "../platform/backup/progress.ts";
import { printReply, runOnAccounts } from "./account-commands.ts";

/** Writes the index of messages anew, beside a running server or without one. */
export async function reindex(config: Config): Promise<number> {
  const progress = new Progress();
  try {
    for (;;) {
      const reply = await runOnAccounts(config, { do: "reindex" });
      if (!reply.ok || !reply.reindexed) return printReply(reply);
      const { done, all, is_over } = reply.reindexed;
      progress.step("Indexing", done, Math.max(1, all));
      if (!is_over) continue;
      progress.end();
      return printReply({
        ok: true,
        text: `The messages of ${counted(all)} ${all === 1 ? "conversation" : "conversations"} were indexed.`,
      });
    }
  } finally {
    progress.end();
  }
}
