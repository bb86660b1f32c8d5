import { z } from "zod";
import type { FetchOutside } from "../outbound/fetch-outside.ts";
import type { ScannedFile, Scanner, Verdict } from "./scanner.ts";

/** How long the hook may take for one file, in ms. */
const SCAN_MS = 10 * 60_000;
const CHECK_MS = 5_000;
const CALL = { isOperators: true, redirects: 0, maxBytes: 64 * 1024 } as const;

const verdict = z.discriminatedUnion("clean", [
  z.object({ clean: z.literal(true) }),
  z.object({ clean: z.literal(false), reason: z.string().trim().max(200).default("") }),
]);

/**
 * A scanner of the operator's own, over HTTP. It gets the bytes as the body of a POST, what is known of the file as
 * headers, and answers 200 with `{"clean":true}` or `{"clean":false,"reason":"…"}`. Any other answer is no verdict.
 */
export class ScanHook implements Scanner {
  constructor(
    private readonly url: string,
    private readonly fetchOutside: FetchOutside,
  ) {}

  async scan(file: ScannedFile, open: () => Promise<ReadableStream<Uint8Array>>): Promise<Verdict> {
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": String(file.bytes),
      "confab-file-id": file.id,
      // Headers are ASCII, and names need not be.
      "confab-file-name": encodeURIComponent(file.name.toWellFormed()),
      "confab-file-type": file.type,
      "confab-file-sha256": await file.digest(),
    };
    const answer = await this.fetchOutside(this.url, {
      ...CALL,
      method: "POST",
      headers,
      body: async function* () {
        yield* await open();
      },
      timeoutMs: SCAN_MS,
    });
    if (answer.status !== 200) {
      answer.close();
      throw new Error(`the scan hook answers with status ${answer.status}`);
    }
    const text = Buffer.from(await answer.bytes()).toString();
    const parsed = verdict.safeParse(parseJson(text));
    if (!parsed.success) throw new Error("the scan hook answers without a verdict");
    return parsed.data.clean ? { clean: true } : { clean: false, reason: parsed.data.reason || "refused" };
  }

  async check(): Promise<void> {
    const answer = await this.fetchOutside(this.url, { ...CALL, method: "HEAD", timeoutMs: CHECK_MS });
    answer.close();
    if (answer.status >= 500) throw new Error(`the scan hook answers with status ${answer.status}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
