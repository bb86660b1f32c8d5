import { expect, test } from "bun:test";
import { readOptions, UsageError } from "./options.ts";
import { scenarios } from "./scenarios/all.ts";

const read = (...args: string[]) => readOptions(args, scenarios);

test("the benchmark measures all scenarios without names, and only the named ones with them", () => {
  expect(read()).toMatchObject({ scenarios, rounds: 3, seconds: 4, write: false });
  const some = read("dms", "idle", "--rounds", "1", "--seconds", "2");
  expect(some).toMatchObject({ rounds: 1, seconds: 2 });
  if (some !== "help") expect(some.scenarios.map(({ title }) => title)).toEqual(["dms saturated", "dms 500/s", "idle"]);
  expect(read("--help")).toBe("help");
});

test("an invalid option is refused with the valid ones", () => {
  expect(() => read("dms", "nonsense")).toThrow("No scenario nonsense: there are dms, fanout, history,");
  expect(() => read("--rounds", "0")).toThrow("--rounds must be a whole number above 0.");
  expect(() => read("--seconds", "soon")).toThrow("--seconds must be a whole number above 0.");
  expect(() => read("--quick", "--write")).toThrow("--quick is too rough for --write.");
  expect(() => read("--base", "/nowhere")).toThrow("--base /nowhere must be a checkout of Confab");
  expect(() => read("--base", ".", "--write")).toThrow("leave --base out");
  expect(() => read("--fast")).toThrow(UsageError);
});
