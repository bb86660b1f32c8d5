import { expect, test } from "bun:test";
import pino from "pino";
import { MeStreams } from "../../src/server/features/me/streams.ts";

const USER = 1;
const entry = (meVersion: number) => {
  const place = { lastSeq: 0, readSeq: 0, updatedMs: 0 };
  return { kind: "conversation", key: `conversation ${meVersion}`, value: {}, meVersion, place, isThread: false };
};
const entries = (...versions: number[]) => ({ head: versions.at(-1) ?? 0, floor: 0, entries: versions.map(entry) });

test("a read that began before a socket begins again skips no entry", async () => {
  const heads = Promise.withResolvers<Map<number, number>>();
  const read = Promise.withResolvers<ReturnType<typeof entries>>();
  const after: number[] = [];
  const streams = new MeStreams(
    {
      heads: () => heads.promise,
      entriesAfter(_, version) {
        after.push(version);
        return after.length === 1 ? read.promise : Promise.resolve(entries(3, 4, 5, 6, 7));
      },
    },
    pino({ level: "silent" }),
  );
  const frames: { type: string; from?: number; me_version: number }[] = [];
  const socket = {
    actor: { userId: USER },
    accepts: new Set<string>(),
    send: (frame: string) => void frames.push(JSON.parse(frame)),
    writable: async () => {},
  };
  streams.begin(socket);
  streams.start(socket, 5, undefined, "an epoch");

  // The database has gone back to version 2, and has come to version 7 again in another way.
  const restarted = streams.restart();
  streams.moved(USER);
  heads.resolve(new Map([[USER, 2]]));
  await restarted;
  read.resolve(entries(6, 7));
  await Bun.sleep(1);

  expect(after).toEqual([5, 2]);
  expect(frames.map(({ type, from, me_version }) => [type, from, me_version])).toEqual([
    ["me_reset", undefined, 2],
    ...[3, 4, 5, 6, 7].map((version) => ["me", version, version]),
  ]);
});
