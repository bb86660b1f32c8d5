import { afterEach, describe, expect, test } from "bun:test";
import pino from "pino";
import packageJson from "../../package.json";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { OLD_FUNCTIONS } from "../../src/server/node/old-functions.ts";
import type { Driver } from "../../src/server/platform/postgres/database.ts";
import { RELEASE, RELEASES } from "../../src/server/platform/postgres/release.ts";
import { hasLastRelease, migrateAsLastRelease } from "../support/last-release.ts";
import { inEachMode, makePlace, modes, type Place } from "../support/modes.ts";

const NEWER_MIGRATION = 4_000_000_000_000;

const opened: { driver: Driver; place: Place }[] = [];
afterEach(async () => {
  for (const { driver, place } of opened.splice(0)) {
    await driver.close();
    place.remove();
  }
});

async function open(place: Place): Promise<Driver> {
  const driver = await openDriver(readConfig(place.environment), pino({ level: "silent" }));
  opened.push({ driver, place });
  return driver;
}

/** Every function, column, index, constraint and trigger of a database, as PostgreSQL writes it. */
async function shapeOf({ query }: Driver): Promise<string[]> {
  const rows = await query<{ part: string }>(
    `SELECT pg_get_functiondef(p.oid) AS part FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
     UNION ALL
     SELECT concat_ws(' ', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
       a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
     UNION ALL
     SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL
     SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace
     UNION ALL
     SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal`,
    [],
  );
  return rows.map(({ part }) => part).sort();
}

describe("a release", () => {
  test("is the version of package.json, or the next one", () => {
    expect(RELEASES.slice(-2) as readonly string[]).toContain(packageJson.version);
  });

  test("has no function that only an older release than the last one calls", () => {
    expect(OLD_FUNCTIONS.filter(({ goesIn }) => RELEASE >= goesIn)).toEqual([]);
  });
});

inEachMode("the database's tables and functions", (mode) => {
  test("are restored by a release that is as new, and left alone by an older one", async () => {
    const driver = await open(await makePlace(mode));
    await driver.migrate(true);
    const shape = await shapeOf(driver);
    const plant = async () => {
      await driver.query(
        "CREATE OR REPLACE FUNCTION confab_base64url(p_bytes bytea) RETURNS text LANGUAGE sql RETURN 'x'",
        [],
      );
      await driver.query("UPDATE drizzle.sql_functions SET checksum = 'another' WHERE name = 'confab_base64url'", []);
      await driver.query("CREATE FUNCTION confab_of_another_release() RETURNS text LANGUAGE sql RETURN 'x'", []);
    };
    await plant();
    await driver.migrate(true);
    expect(await shapeOf(driver)).toEqual(shape);

    await plant();
    const planted = await shapeOf(driver);
    await driver.query("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', $1)", [
      NEWER_MIGRATION,
    ]);
    await driver.query("UPDATE drizzle.schema_release SET release = $1, oldest_reader = $2", [RELEASE + 1, RELEASE]);
    await driver.migrate(true);
    await driver.migrate(false);
    expect(await shapeOf(driver)).toEqual(planted);
  });

  test("of two releases later are refused with a text that says what to do", async () => {
    const driver = await open(await makePlace(mode));
    await driver.migrate(true);
    await driver.query("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', $1)", [
      NEWER_MIGRATION,
    ]);
    await driver.query("UPDATE drizzle.schema_release SET release = $1, oldest_reader = $2", [
      RELEASE + 2,
      RELEASE + 1,
    ]);
    for (const apply of [true, false])
      await expect(driver.migrate(apply)).rejects.toThrow(
        "The database belongs to a newer version of Confab. Start that version, or restore a backup.",
      );
  });

  test("of an older release are not served without a migration", async () => {
    const driver = await open(await makePlace(mode));
    await driver.migrate(true);
    await driver.query("UPDATE drizzle.schema_release SET release = $1", [RELEASE - 1]);
    await expect(driver.migrate(false)).rejects.toThrow("Run: confab migrate");
    await driver.query(
      "DELETE FROM drizzle.__drizzle_migrations WHERE id = (SELECT max(id) FROM drizzle.__drizzle_migrations)",
      [],
    );
    await expect(driver.migrate(false)).rejects.toThrow(/lacks 1 of \d+ migrations and AUTO_MIGRATE is off/);
  });
});

test.skipIf(!modes.includes("postgres") || !hasLastRelease)(
  "a database of the last release becomes the same as a new one",
  async () => {
    const [place, upgraded] = [await makePlace("postgres"), await makePlace("postgres")];
    const fresh = await open(place);
    await fresh.migrate(true);
    await migrateAsLastRelease(upgraded.environment["DATABASE_URL"] ?? "");
    const driver = await open(upgraded);
    await expect(driver.migrate(false)).rejects.toThrow(/lacks \d+ of \d+ migrations and AUTO_MIGRATE is off/);
    await driver.migrate(true);
    const shape = await shapeOf(fresh);
    expect(await shapeOf(driver)).toEqual(shape);
    expect(shape.filter((part) => part.includes("FUNCTION public.confab_append("))).toHaveLength(1);
    await driver.migrate(false);
  },
);
