import { describe, expect, test } from "bun:test";
import { modes } from "../../support/modes.ts";
import { lineOf } from "./report.ts";
import { run } from "./run.ts";

const SECONDS = 20;
const TEST_TIMEOUT_MS = 600_000;

describe.skipIf(!modes.includes("redis"))("people chat while everything fails", () => {
  for (const seed of [1, 2, 3])
    test(
      `seed ${seed}: every guarantee holds`,
      async () => {
        const result = await run({ seed, seconds: SECONDS });
        process.stdout.write(`${lineOf(result)}\n`);
        const { verdict, violations, lacks } = result;
        expect({ verdict, violations, lacks }).toEqual({ verdict: "held", violations: [], lacks: [] });
      },
      TEST_TIMEOUT_MS,
    );
});
