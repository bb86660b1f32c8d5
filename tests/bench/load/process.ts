// The generator in a process of its own: what it costs is not the server's.
import { Generator } from "./generator.ts";
import type { Answer, Ask } from "./protocol.ts";

const generator = new Generator();

async function answer(ask: Ask): Promise<Answer> {
  try {
    if ("connect" in ask) return { connected: await generator.connect(ask.connect) };
    return { result: await generator.run(ask.run) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", async (ask: Ask) => process.send?.(await answer(ask)));
process.on("disconnect", () => process.exit(0));
