import { later } from "../base/platform.ts";
import { ConfabError } from "../public/errors.ts";
import { ADVICE_MAX_MS, retryDelay } from "./reconnect-policy.ts";

/** The connection ended before the answer came. The server may or may not have done what was asked. */
export class ConnectionLost extends Error {}

/** With these codes the server did nothing, or may have done it: the same request can be repeated. */
const REPEATABLE = /^(throttled|unavailable|internal_error|draining|starting|offline|authentication_required)$/;

/**
 * Repeats `work` while the server can't do it for now.
 * @param isConnected whether the connection is still the same. Another one may belong to another user, and it repeats the
 * requests that are still needed
 * @param tries how often to try. `throttled` does not count
 * @throws ConnectionLost when the connection is not the same any more, even if an answer came
 */
export async function retry<T>(work: () => Promise<T>, isConnected: () => boolean, tries = Infinity): Promise<T> {
  for (let failures = 0; ; )
    try {
      const result = await work();
      if (isConnected()) return result;
      throw new ConnectionLost();
    } catch (error) {
      if (!(error instanceof ConfabError && REPEATABLE.test(error.code))) throw error;
      if (error.code !== "throttled" && ++failures >= tries) throw error;
      const ms = error.retryAfter ? Math.min(error.retryAfter * 1000, ADVICE_MAX_MS) : retryDelay(failures);
      await new Promise<void>((resolve) => later(resolve, ms));
      if (!isConnected()) throw new ConnectionLost();
    }
}
