import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLogs } from "../../src/server/platform/logs/open.ts";
import { SecurityLines } from "../../src/server/platform/logs/security.ts";

const FROM = { network: "192.0.2.1", address: "192.0.2.1" };

function open() {
  const lines: string[] = [];
  const log = new SecurityLines((line) => void lines.push(line));
  return { log, lines, read: () => lines.map((line) => JSON.parse(line)) };
}

test("an event is one line of JSON, with its fields by the names that operators watch", () => {
  const { log, read } = open();
  log.record({ event: "superuser_granted", account: "ann@example.com", userId: 7, by: null, ...FROM });
  log.record({ event: "session_ended", userId: 7, by: 1, ...FROM, details: { count: 2 } });
  log.close();
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(read()).toEqual([
    { at, event: "superuser_granted", account: "ann@example.com", user_id: 7, by: null, ...FROM },
    { at, event: "session_ended", user_id: 7, by: 1, ...FROM, count: 2 },
  ]);
});

test.each([
  ["line\nbreak\r\u2028\u2029\0\x1b[2J", /^line\?break\?\?\?\?\?\[2J$/],
  ["\u202egnp.exe\u200b", /^\?gnp\.exe\?$/],
  ["x".repeat(70_000), /^x{254}$/],
  [`${"x".repeat(253)}😀`, /^x{253}.$/u],
  ["\ud800", /^\ufffd$/],
])("an account as somebody typed it is short and visible: %p", (account, shown) => {
  const { log, lines, read } = open();
  log.record({ event: "login_failed", account, ...FROM });
  log.close();
  expect(read()[0].account).toMatch(shown);
  expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test("throttled logins of an account and a network are written once, and then counted", () => {
  const { log, read } = open();
  for (let n = 0; n < 900; n++) log.record({ event: "login_throttled", account: "ann@example.com", ...FROM });
  log.record({ event: "login_throttled", account: "bob@example.com", ...FROM });
  log.record({ event: "login_throttled", account: "ann@example.com", network: "192.0.2.2", address: "192.0.2.2" });
  expect(read()).toHaveLength(3);
  log.close();
  expect(read().slice(3)).toMatchObject([{ event: "login_throttled", account: "ann@example.com", more: 899, ...FROM }]);
});

test("an attack fills no disk, is counted, and hides nothing that it can't cause", async () => {
  const { log, lines, read } = open();
  for (let n = 0; n < 100_000; n++) log.record({ event: "login_failed", account: `a${n}@example.com`, ...FROM });
  log.record({ event: "login", account: "ann@example.com", userId: 1, ...FROM });
  for (let n = 0; n < 20_000; n++)
    log.record({ event: "login_throttled", account: `a${n}@example.com`, network: `10.0.0.${n % 250}`, address: "" });
  log.close();
  const events = read();
  expect(events.filter(({ event }) => event === "login")).toHaveLength(1);
  const told = events.filter(({ event }) => event === "login_failed").length;
  let leftOut = 0;
  for (const { event, login_failed = 0 } of events) if (event === "left_out") leftOut += login_failed;
  expect(told + leftOut).toBe(100_000);
  expect(lines.join("\n").length).toBeLessThan(100_000);
});

test("security.log is for its owner alone, and holds each line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-log-"));
  const logs = openLogs({ LOG_LEVEL: "silent", LOG_DIR: folder, LOG_FORMAT: "json" });
  logs.writeSecurityLog('{"event":"login"}');
  await logs.close();
  const file = join(folder, "security.log");
  expect(readFileSync(file, "utf8")).toBe('{"event":"login"}\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
});
