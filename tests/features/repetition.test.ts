import { describe, expect, test } from "bun:test";
import type { Repeat } from "../../src/protocol/scheduled.ts";
import { isZone, nextAfter, repetitionFrom, timeOf } from "../../src/server/features/scheduled/repetition.ts";

/** The first occurrences of a message, as ISO times in UTC. */
function times(every: Repeat, zone: string, from: string, count: number): string[] {
  const one = repetitionFrom(every, zone, new Date(from), 0);
  return Array.from({ length: count }, (_, n) => timeOf(one, zone, n).toISOString().replace(":00.000Z", "Z"));
}

describe("a message that repeats", () => {
  test("keeps its time of day over both changes of the clocks", () => {
    expect(times("daily", "Europe/Berlin", "2026-03-28T08:00:00Z", 3)).toEqual([
      "2026-03-28T08:00Z",
      "2026-03-29T07:00Z",
      "2026-03-30T07:00Z",
    ]);
    expect(times("weekly", "America/New_York", "2026-10-28T13:00:00Z", 2)).toEqual([
      "2026-10-28T13:00Z",
      "2026-11-04T14:00Z",
    ]);
  });

  test("comes later on the day whose clocks skip its time, and back to it on the next", () => {
    expect(times("daily", "Europe/Berlin", "2026-03-28T01:30:00Z", 3)).toEqual([
      "2026-03-28T01:30Z",
      "2026-03-29T01:30Z",
      "2026-03-30T00:30Z",
    ]);
  });

  test("comes once on the day whose clocks show its time twice", () => {
    expect(times("daily", "Europe/Berlin", "2026-10-24T00:30:00Z", 3)).toEqual([
      "2026-10-24T00:30Z",
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ]);
  });

  test("comes on the last day of a month without the 31st, and on the 31st again after it", () => {
    expect(times("monthly", "UTC", "2027-12-31T09:00:00Z", 5)).toEqual([
      "2027-12-31T09:00Z",
      "2028-01-31T09:00Z",
      "2028-02-29T09:00Z",
      "2028-03-31T09:00Z",
      "2028-04-30T09:00Z",
    ]);
  });

  test("leaves out Saturday and Sunday, also when it began on one", () => {
    expect(times("weekdays", "UTC", "2026-03-12T09:00:00Z", 4).map((time) => time.slice(8, 10))).toEqual([
      "12",
      "13",
      "16",
      "17",
    ]);
    expect(times("weekdays", "UTC", "2026-03-14T09:00:00Z", 7).map((time) => time.slice(8, 10))).toEqual([
      "14",
      "16",
      "17",
      "18",
      "19",
      "20",
      "23",
    ]);
  });

  test("goes on with the first time to come after years without a server", () => {
    const one = repetitionFrom("daily", "Asia/Kolkata", new Date("2020-01-01T03:30:00Z"), 4);
    const next = nextAfter(one, "Asia/Kolkata", 4, Date.parse("2026-03-14T03:30:00Z"));
    expect(next?.at.toISOString()).toBe("2026-03-15T03:30:00.000Z");
    expect(nextAfter(one, "Asia/Kolkata", next?.n ?? 0, Date.parse("2026-03-14T03:30:00Z"))?.at.toISOString()).toBe(
      "2026-03-16T03:30:00.000Z",
    );
  });

  test("needs a zone that the server knows", () => {
    expect(["Europe/Berlin", "UTC", "Etc/GMT+5"].map(isZone)).toEqual([true, true, true]);
    expect(["Europe/Nowhere", "", "x".repeat(60)].map(isZone)).toEqual([false, false, false]);
  });
});
