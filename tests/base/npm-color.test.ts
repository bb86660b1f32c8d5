import { expect, test } from "bun:test";
import { readConfig } from "../../src/server/config.ts";

test.each(["0", "1"])("the server starts under npx, which sets COLOR to %s", (color) => {
  expect(readConfig({ COLOR: color }).COLOR).toBeUndefined();
});

test("another COLOR that is no colour is refused", () => {
  expect(() => readConfig({ COLOR: "2" })).toThrow("COLOR must be a colour");
});
