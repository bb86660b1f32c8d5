import { expect, test } from "bun:test";
import { readOptions, UsageError } from "./options.ts";
import { scenarios } from "./scenarios/all.ts";

const read = (...args: string[]) => readOptions(args, scenarios);

test("the benchmark measures all scenarios without names, and only the named ones with them", () => {
  expect(read()).toMatchObject({ scenarios, rounds: 3, seconds: 4, write: false });
  const some = read("dms", "idle", "--rounds", "1", "--seconds", "2");
  expect(some).toMatchObject({ rounds: 1, seconds: 2 });
  if (some !== "help")
    expect(some.scenarios.map(({ title }) => title)).toEqual([
      "dms saturated",
      "dms 500/s",
      "dms of 3,000 characters saturated",
      "idle",
    ]);
  expect(read("--help")).toBe("help");
});

test("the benchmark takes a program or a checkout to measure against", () => {
  expect(read("--against", process.execPath)).toMatchObject({ against: process.execPath });
  expect(read("--base", ".")).toMatchObject({ against: process.cwd() });
});

test("an invalid option is refused with the valid ones", () => {
  expect(() => read("dms", "nonsense")).toThrow("No scenario nonsense: there are dms, fanout, history,");
  expect(() => read("--rounds", "0")).toThrow("--rounds must be a whole number above 0.");
  expect(() => read("--seconds", "soon")).toThrow("--seconds must be a whole number above 0.");
  expect(() => read("--quick", "--write")).toThrow("--quick is too rough for --write.");
  expect(() => read("--against", "/nowhere")).toThrow("--against /nowhere must be a binary of Confab, or a checkout");
  expect(() => read("--against", ".", "--write")).toThrow("leave --against out");
  expect(() => read("--durable", "--write")).toThrow("--durable shows another bare server");
  expect(() => read("idle", "--durable")).toThrow("--durable measures dms and fanout.");
  expect(() => read("--fast")).toThrow(UsageError);
});
