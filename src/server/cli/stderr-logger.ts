import type { Logger } from "../base/logger.ts";

const write = (_fields: object, text: string) => void process.stderr.write(`confab: ${text}\n`);

/** For commands that end soon: warnings and errors, as plain text. */
export const stderrLogger: Logger = { debug() {}, info() {}, warn: write, error: write };
