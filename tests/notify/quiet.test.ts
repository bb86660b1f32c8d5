import { describe, expect, test } from "bun:test";
import { NO_NOTIFICATION_SETTINGS } from "../../src/notify/no-settings.ts";
import { isQuiet, isSnoozed } from "../../src/notify/quiet.ts";
import type { NotificationSettings } from "../../src/protocol/notifications.ts";

const settings = (zone: string, days: Partial<NotificationSettings["do_not_disturb"]>): NotificationSettings => ({
  ...NO_NOTIFICATION_SETTINGS,
  zone,
  do_not_disturb: { ...NO_NOTIFICATION_SETTINGS.do_not_disturb, ...days },
});
const at = (time: string) => Date.parse(time);
const night = { from: "22:00", to: "07:00" };

describe("do-not-disturb", () => {
  test("lasts from its first minute to before its last one", () => {
    const noon = settings("UTC", { friday: { from: "12:00", to: "13:00" } });
    const quiet = ["11:59:59", "12:00:00", "12:59:59", "13:00:00"].map((time) =>
      isQuiet(noon, at(`2026-03-13T${time}Z`)),
    );
    expect(quiet).toEqual([false, true, true, false]);
    expect(isQuiet(noon, at("2026-03-14T12:30:00Z"))).toBe(false);
  });

  test("goes on into the next day, whatever that day has", () => {
    const friday = settings("UTC", { friday: night, saturday: { from: "10:00", to: "11:00" } });
    expect(isQuiet(friday, at("2026-03-13T21:59:00Z"))).toBe(false);
    expect(isQuiet(friday, at("2026-03-13T22:00:00Z"))).toBe(true);
    expect(isQuiet(friday, at("2026-03-14T06:59:00Z"))).toBe(true);
    expect(isQuiet(friday, at("2026-03-14T07:00:00Z"))).toBe(false);
    expect(isQuiet(friday, at("2026-03-14T10:30:00Z"))).toBe(true);
    // Thursday has no hours, so the early Friday is not quiet.
    expect(isQuiet(friday, at("2026-03-13T03:00:00Z"))).toBe(false);
  });

  test("goes on from Sunday to Monday", () => {
    expect(isQuiet(settings("UTC", { sunday: night }), at("2026-03-16T06:00:00Z"))).toBe(true);
  });

  test("lasts a whole day when both times are equal", () => {
    const day = settings("UTC", { sunday: { from: "08:00", to: "08:00" } });
    expect(
      ["2026-03-15T07:59:00Z", "2026-03-15T08:00:00Z", "2026-03-16T07:59:00Z", "2026-03-16T08:00:00Z"].map((time) =>
        isQuiet(day, at(time)),
      ),
    ).toEqual([false, true, true, false]);
  });

  test("follows the person's zone", () => {
    const tokyo = settings("Asia/Tokyo", { saturday: night });
    // 22:30 on Saturday in Tokyo is 13:30 in UTC.
    expect(isQuiet(tokyo, at("2026-03-14T13:30:00Z"))).toBe(true);
    expect(isQuiet(tokyo, at("2026-03-14T22:30:00Z"))).toBe(false);
    // Half and quarter hours.
    expect(
      isQuiet(settings("Asia/Kathmandu", { saturday: { from: "12:00", to: "12:15" } }), at("2026-03-14T06:20:00Z")),
    ).toBe(true);
  });

  test("ends at the same time of day when clocks are put forward in it", () => {
    // In Berlin, 02:00 to 03:00 on 29 March 2026 did not exist.
    const berlin = settings("Europe/Berlin", { saturday: night });
    expect(isQuiet(berlin, at("2026-03-28T21:00:00Z"))).toBe(true);
    expect(isQuiet(berlin, at("2026-03-29T04:59:00Z"))).toBe(true);
    expect(isQuiet(berlin, at("2026-03-29T05:00:00Z"))).toBe(false);
  });

  test("holds in both hours when clocks are put back", () => {
    // In Berlin, 02:00 to 03:00 on 25 October 2026 came twice.
    const berlin = settings("Europe/Berlin", { sunday: { from: "02:00", to: "03:00" } });
    expect(
      ["2026-10-24T23:59:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"].map((time) =>
        isQuiet(berlin, at(time)),
      ),
    ).toEqual([false, true, true, false]);
  });

  test("may begin in an hour that is skipped", () => {
    const berlin = settings("Europe/Berlin", { sunday: { from: "02:30", to: "04:00" } });
    expect(isQuiet(berlin, at("2026-03-29T00:59:00Z"))).toBe(false);
    expect(isQuiet(berlin, at("2026-03-29T01:00:00Z"))).toBe(true);
  });
});

test("a snooze ends at its time", () => {
  const snoozed = { ...NO_NOTIFICATION_SETTINGS, snooze_until: "2026-03-14T12:00:00.000Z" };
  expect(isSnoozed(snoozed, at("2026-03-14T11:59:59.999Z"))).toBe(true);
  expect(isSnoozed(snoozed, at("2026-03-14T12:00:00.000Z"))).toBe(false);
});
