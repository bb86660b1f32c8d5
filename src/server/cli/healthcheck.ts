import type { Config } from "../config.ts";

const TIMEOUT_MS = 3_000;
const ANY_ADDRESS: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };

/** The health check of containers. Returns 0 when the server of these settings is ready to serve. */
export async function healthcheck(config: Config): Promise<number> {
  const host = ANY_ADDRESS[config.HOST] ?? (config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST);
  const url = `http://${host}:${config.PORT}/api/chat/health/ready/`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    process.stdout.write(`${response.status} ${text}\n`);
    return response.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`confab: ${url} does not answer: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
