import { expect, test } from "bun:test";
import { Activity } from "../../src/server/ws/activity.ts";
import { until } from "../support/until.ts";

function open() {
  const sent: string[] = [];
  return { sent, activity: new Activity((_, frame) => void sent.push(frame)) };
}
const A_TICK_AND_MORE_MS = 80;

test("activity without a new message goes out at once, and then once in a tick with the newest", async () => {
  const { sent, activity } = open();
  for (const frame of ["1", "2", "3"]) activity.sendPaced("a", frame);
  activity.sendPaced("b", "other");
  expect(sent).toEqual(["1", "other"]);
  await until(() => sent.length > 2);
  expect(sent).toEqual(["1", "other", "3"]);
  // The tick of the third one ends too, also on a slow machine.
  await Bun.sleep(3 * A_TICK_AND_MORE_MS);
  activity.sendPaced("a", "4");
  expect(sent.at(-1)).toBe("4");
});

test("activity with a new message goes out at once, and nothing older follows it", async () => {
  const { sent, activity } = open();
  for (const frame of ["1", "2"]) activity.sendPaced("a", frame);
  activity.send("a", "3");
  await Bun.sleep(A_TICK_AND_MORE_MS);
  expect(sent).toEqual(["1", "3"]);
});

test("activity that waits is forgotten when the versions count for nothing", async () => {
  const { sent, activity } = open();
  for (const frame of ["1", "2"]) activity.sendPaced("a", frame);
  activity.clear();
  await Bun.sleep(A_TICK_AND_MORE_MS);
  expect(sent).toEqual(["1"]);
});
