import { afterAll, beforeAll, expect, test } from "bun:test";
import { Texts } from "../../src/server/platform/postgres/database.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("values of statements", (mode) => {
  let stores: TestStores;

  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());

  test("numbers come back as they were sent, whatever their size and sign", async () => {
    const integers = [0, 7, -7, 999_999_999_999_999, -999_999_999_999_999, Number.MAX_SAFE_INTEGER];
    const floats = [0, -0.5, 1e15, 1e300, 1.5e-7, 1_796_089_970_613, 123_456.789, Number.NEGATIVE_INFINITY];
    for (const [type, numbers] of Object.entries({ int8: integers, float8: floats }))
      for (const number of numbers)
        expect(await stores.database.query(`SELECT $1::${type} AS n, NULL::${type} AS none`, [number])).toEqual([
          { n: number, none: null },
        ]);
    expect(await stores.database.query("SELECT (-32768)::int2 AS small, (-2147483648)::int4 AS middle", [])).toEqual([
      { small: -32_768, middle: -2_147_483_648 },
    ]);
    expect(await stores.database.query("SELECT 'NaN'::float8 AS n", [])).toEqual([{ n: Number.NaN }]);
  });

  test("texts arrive as they are, also on a connection that knows the statement already", async () => {
    const texts = ["", "NULL", "null", '"', "\\", "{,}", " a ", "line\nline", "ä 漢 🦜", "x".repeat(100_000), '\\"'];
    for (let call = 0; call < 3; call++) {
      const rows = await stores.database.query(
        "SELECT text, ord::integer AS ord FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (text, same, ord) WHERE text = same",
        [new Texts(texts), texts],
      );
      expect(rows).toEqual(texts.map((text, i) => ({ text, ord: i + 1 })));
    }
  });
});
