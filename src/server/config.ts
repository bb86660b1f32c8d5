import { homedir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { type Setting, type SettingName, settingNames, settings } from "./settings.ts";

type Values = { readonly [N in SettingName]: z.output<(typeof settings)[N]["schema"]> };

/** The settings of a node, read and checked. */
export type Config = Values & { readonly STATE_DIR: string; readonly FILES: NonNullable<Values["FILES"]> };

/** Some settings are wrong. Each of `faults` is a line that names its setting. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(`The settings are not right:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  }
}

/**
 * Reads the settings. An empty value counts as not set.
 * @param environment the process's environment, or a test's
 * @throws ConfigError naming every fault at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  const { XDG_STATE_HOME, HOME, FILES = "" } = environment;
  for (const name of settingNames) {
    const setting: Setting = settings[name];
    const given = isOfNpm(name, environment[name]) ? undefined : environment[name];
    const result = setting.schema.safeParse(given || setting.default);
    if (result.success) values[name] = result.data;
    else for (const issue of result.error.issues) faults.push(`${name} ${issue.message}`);
  }
  if (values.REDIS_URL !== undefined && values.DATABASE_URL === undefined)
    faults.push(
      "REDIS_URL needs DATABASE_URL: many nodes share one PostgreSQL, and the embedded database is one node's own",
    );
  if (values.COOKIE_PREFIX === "host" && /^http:/.test(String(values.PUBLIC_URL)))
    faults.push(
      "COOKIE_PREFIX host needs HTTPS: browsers refuse such a cookie from a PUBLIC_URL that begins with http://",
    );
  if (FILES.startsWith("s3:") && !(values.S3_ACCESS_KEY_ID && values.S3_SECRET_ACCESS_KEY))
    faults.push("FILES on an S3 server needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY");
  values.FILES ??= join(String(values.DATA_DIR), "files");
  values.STATE_DIR ??= join(XDG_STATE_HOME || join(HOME || homedir(), ".local", "state"), "confab");
  if (faults.length > 0) throw new ConfigError(faults);
  return values as Config;
}

/** npm and npx set COLOR to 0 or 1 for the programs that they start, to say whether the terminal has colours. */
const isOfNpm = (name: SettingName, value: string | undefined) => name === "COLOR" && /^[01]$/.test(value ?? "");
