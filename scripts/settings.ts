import { join } from "node:path";
import { topics } from "../src/server/settings.ts";

// Writes the documents that are made of src/server/settings.ts: `bun scripts/settings.ts env` writes .env.example,
// `bun scripts/settings.ts doc` writes docs/settings.md. A test fails when either is out of date.

const ROOT = join(import.meta.dir, "..");

/** `.env.example`: every setting with its default, commented out. */
export function envExample(): string {
  const blocks = Object.entries(topics).map(([topic, settings]) => {
    const lines = Object.entries(settings).map(
      ([name, { doc, default: value }]) => `# ${doc}\n#${name}=${value ?? ""}\n`,
    );
    return `## ${topic}\n\n${lines.join("\n")}`;
  });
  return `# Settings of Confab. Made from src/server/settings.ts by \`bun run env-example\`.
# Nothing reads this file by itself: pass it with --env-file, or to your service manager.

${blocks.join("\n")}`;
}

/** `docs/settings.md`: a table for each topic. */
export function settingsDoc(): string {
  const tables = Object.entries(topics).map(([topic, settings]) => {
    const rows = Object.entries(settings).map(
      ([name, { doc, default: value, schema }]) =>
        `| \`${name}\` | ${value ? `\`${value}\`` : "–"} | ${schema.description} | ${code(doc)} |`,
    );
    return `## ${topic}\n\n| setting | default | takes | meaning |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `${HEAD}\n${tables.join("\n")}`;
}

/** Puts names of settings and files into code marks. */
const code = (doc: string) =>
  doc.replace(/(?<!`)(?:\b[A-Z]+_[A-Z_]+\b|\/\.well-known\/\S+|~\/\S+?(?=\.?$|\.?\s)|__Host-sessionid)/g, "`$&`");

const HEAD = `# Settings

This page is made from \`src/server/settings.ts\` by \`bun run settings-doc\`.

Confab reads its settings from the environment. An empty value counts as not set. A wrong value stops the start, and the error names every
fault at once. No \`.env\` file is read unless you name it: \`bun start --env-file my.env\`. The environment wins over the file, and \`--port\` wins
over \`PORT\`. [\`.env.example\`](../.env.example) lists all settings for you to copy; \`bun start --help\` prints them.

| you want | set |
|---|---|
| a proxy or load balancer in front | \`TRUSTED_PROXIES\`, \`PUBLIC_URL\`; see [the guide](deploy/proxy.md) |
| PostgreSQL instead of the embedded database | \`DATABASE_URL\`; see [its needs](deploy/postgresql.md) |
| several nodes | \`DATABASE_URL\` and \`REDIS_URL\`; see [how to secure Redis](deploy/README.md#securing-redis) |
| a closed community | \`REGISTRATION=closed\`, \`DIRECTORY=shared\` |
| people with one name | \`NAMES=any\` |
| stricter cookies, with HTTPS | \`COOKIE_PREFIX=host\` |
| messages that disappear | \`MESSAGE_RETENTION=30d\` |
| a page of another origin | \`CORS_ORIGINS\` |

The limits count over all nodes. Each \`RATE_LIMIT_…\` may be \`off\`. [Security](security.md#limits-on-guessing) explains the limits on guessing passwords.
A few settings belong to Bun, PostgreSQL and TLS: see [TLS to PostgreSQL and Redis](deploy/README.md#tls-to-postgresql-and-redis) and \`BUN_TMPDIR\` in [the binary](deploy/binary.md).
`;

if (import.meta.main) {
  if (process.argv[2] === "env") await Bun.write(join(ROOT, ".env.example"), envExample());
  else if (process.argv[2] === "doc") await Bun.write(join(ROOT, "docs/settings.md"), settingsDoc());
  else throw new Error("Say env or doc.");
}
