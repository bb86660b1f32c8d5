import { later } from "../base/platform.ts";
import { ConfabError } from "../public/errors.ts";

/** The connection ended before the answer came: whether it was done is not known. */
export class Cut extends Error {}

/** The server did nothing, or it is not known what it did: to be asked again, the same. */
const TRY_AGAIN = /^(throttled|unavailable|internal_error|draining|starting|offline|authentication_required)$/;
const AGAIN_MS = { first: 500, most: 15_000 };
/** What a server advises is believed within bounds: its fault must not become a silence for ever. */
export const WAIT_MOST_MS = 600_000;

/** At random up to `most`: as far apart as can be, so that a server that comes back is not stormed. */
export const jitter = (most: number) => Math.random() * most;

/**
 * Repeats what can't be done right now; being too fast does not count as a try.
 * @throws Cut when it is not the same connection any more, be there an answer or not: perhaps it is another person's, and
 * the next one asks anew for what is still needed
 */
export async function persist<T>(work: () => Promise<T>, isSame: () => boolean, tries = Infinity): Promise<T> {
  for (let failures = 0; ; )
    try {
      const done = await work();
      if (isSame()) return done;
      throw new Cut();
    } catch (error) {
      if (!(error instanceof ConfabError && TRY_AGAIN.test(error.code))) throw error;
      if (error.code !== "throttled" && ++failures >= tries) throw error;
      const most = Math.min(AGAIN_MS.first * 2 ** failures, AGAIN_MS.most) / 2;
      const ms = error.retryAfter ? Math.min(error.retryAfter * 1000, WAIT_MOST_MS) : most + jitter(most);
      await new Promise<void>((resolve) => later(resolve, ms));
      if (!isSame()) throw new Cut();
    }
}
