import type { Meter } from "../../base/meter.ts";
import type { BlobStore } from "../../platform/blobs/blobs.ts";
import type { Scanner } from "../../platform/scanners/scanner.ts";
import type { CompletionStep } from "./completion.ts";

/** Says whether a scanner gave a verdict when it was asked last, and counts its verdicts. */
export class WatchedScanner implements Scanner {
  isAway = false;

  constructor(
    private readonly scanner: Scanner,
    private readonly meter: Pick<Meter, "countScan">,
  ) {}

  async scan(...file: Parameters<Scanner["scan"]>) {
    const since = performance.now();
    try {
      const verdict = await this.watch(this.scanner.scan(...file));
      this.meter.countScan(verdict.clean ? "clean" : "refused", since);
      return verdict;
    } catch (error) {
      this.meter.countScan("failed", since);
      throw error;
    }
  }

  check() {
    return this.watch(this.scanner.check());
  }

  private async watch<Answer>(work: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await work;
      this.isAway = false;
      return answer;
    } catch (error) {
      this.isAway = true;
      throw error;
    }
  }
}

/** The step that has a file scanned. It rejects while the scanner has no verdict, so that nobody gets the file. */
export const scanningWith =
  (scanner: Scanner, blobs: BlobStore): CompletionStep =>
  async ({ id, name, type, bytes }, key) => {
    const open = async (): Promise<ReadableStream<Uint8Array>> => {
      const body = await blobs.read(key);
      if (!body) throw new Error("the bytes of a file to scan are not there");
      return body instanceof Blob ? body.stream() : body;
    };
    let known: string | undefined;
    const digest = async () => {
      known ??= await digestOf(await open());
      return known;
    };
    const verdict = await scanner.scan({ id, name, type, bytes, digest }, open);
    return { ...(known !== undefined && { digest: known }), ...(!verdict.clean && { refusal: verdict.reason }) };
  };

/** Others have their turn between its pieces. */
async function digestOf(bytes: ReadableStream<Uint8Array>): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of bytes) hasher.update(chunk);
  return hasher.digest("hex");
}
