import { existsSync } from "node:fs";
import { join } from "node:path";

/** A source file of a checkout. The release before keeps the server's files elsewhere. */
const fileOf = (checkout: string, now: string, before: string) =>
  [join(checkout, now), join(checkout, before)].find((file) => existsSync(file)) ?? join(checkout, now);

export const mainOf = (checkout: string) => fileOf(checkout, "src/server/main.ts", "src/main.ts");
export const composeOf = (checkout: string) => fileOf(checkout, "src/server/node/compose.ts", "src/compose.ts");
export const configOf = (checkout: string) => fileOf(checkout, "src/server/config.ts", "src/config.ts");
