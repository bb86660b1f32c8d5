import type { Logger } from "../base/logger.ts";

const write = (_fields: object, text: string) => void process.stderr.write(`confab: ${text}\n`);

/** The logger of commands that end soon. It prints warnings and errors as plain text. */
export const stderrLogger: Logger = { debug() {}, info() {}, warn: write, error: write };
