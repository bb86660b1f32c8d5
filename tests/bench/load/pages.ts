// Reads one page again and again, in a process of its own: pages.ts URL COOKIE SECONDS. Prints PagesAnswer as JSON.
import autocannon from "autocannon";

export interface PagesAnswer {
  requests: number;
  seconds: number;
  /** In milliseconds. */
  p50: number;
  p99: number;
  /** Refused, not answered, or other bytes than the first page's. */
  failed: number;
}

const [url, cookie, seconds] = process.argv.slice(2);
if (url === undefined || cookie === undefined || seconds === undefined) throw new Error("pages.ts URL COOKIE SECONDS");
const headers = { Cookie: cookie };
const first = await (await fetch(url, { headers })).text();
if (JSON.parse(first).data.messages.length !== 50) throw new Error(`not a page of 50: ${first.slice(0, 300)}`);

const result = await autocannon({ url, headers, connections: 32, duration: Number(seconds), expectBody: first });
const answer: PagesAnswer = {
  requests: result.requests.total,
  seconds: result.duration,
  p50: result.latency.p50,
  p99: result.latency.p99,
  failed: result.non2xx + result.errors + result.timeouts + result.mismatches,
};
process.stdout.write(JSON.stringify(answer));
