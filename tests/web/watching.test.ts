import { expect, test } from "bun:test";
import { createWatches } from "../../src/web/chat/session/watching.ts";

const until = async (isDone: () => boolean) => {
  while (!isDone()) await Bun.sleep(10);
};

test("parts of a page watch people together, and each person as long as one part shows them", async () => {
  const sent: string[] = [];
  const watch = createWatches({
    on: () => () => {},
    watch: (ids) => {
      if (ids.length > 0) sent.push(`watch ${ids}`);
    },
    unwatch: (ids) => {
      if (ids.length > 0) sent.push(`unwatch ${ids}`);
    },
  });
  const stop = watch([1, 2]);
  const stopOther = watch([2, 3]);
  expect(sent).toEqual([]);
  await until(() => sent.length > 0);
  expect(sent).toEqual(["watch 1,2,3"]);
  stop();
  await until(() => sent.length > 1);
  expect(sent[1]).toBe("unwatch 1");
  stopOther();
  await until(() => sent.length > 2);
  expect(sent[2]).toBe("unwatch 2,3");
});
