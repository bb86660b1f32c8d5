import { existsSync } from "node:fs";
import { join } from "node:path";

/** A source file of a checkout. Earlier ones keep the server's files elsewhere. */
const fileOf = (checkout: string, now: string, ...before: string[]) =>
  [now, ...before].map((file) => join(checkout, file)).find((file) => existsSync(file)) ?? join(checkout, now);

export const mainOf = (checkout: string) => fileOf(checkout, "src/server/main.ts", "src/main.ts");
export const driversOf = (checkout: string) =>
  fileOf(checkout, "src/server/node/drivers.ts", "src/server/node/compose.ts", "src/compose.ts");
export const configOf = (checkout: string) => fileOf(checkout, "src/server/config.ts", "src/config.ts");
