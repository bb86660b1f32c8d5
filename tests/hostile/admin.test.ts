import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { type AppServices, createApp } from "../../src/server/node/http-app.ts";
import type { Client } from "../support/client.ts";
import { inEachDatabase } from "../support/modes.ts";
import { superuser } from "../support/superuser.ts";
import { hostileJson, hostileText } from "./values.ts";
import { expectErrorBody, PATIENCE_MS, startTarget, type Target } from "./wellbeing.ts";

/** Routes are declared without looking at what serves them. */
const nothing = { corsOrigins: [], limits: {} } as unknown as AppServices;
const routes = [
  ...new Set(
    createApp(nothing)
      .routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/admin/"))
      .map(({ method, path }) => `${method} ${path}`),
  ),
].sort();

const QUERIES =
  "search active superuser limit offset participant before_seq after range actor action target_type target_id before";
const ODD_IDS = fc.oneof(
  fc.constantFrom(
    ..."0 -1 1.0 1e400 2147483648 9223372036854775808 00000000001 %00 %ff %zz __proto__ constructor ..%2f NaN".split(
      " ",
    ),
    "00000000-0000-4000-8000-000000000000",
    "01a2033e-bd51-73d3-874f-61a6f61f73e0%00",
    "9".repeat(400),
  ),
  hostileText
    .map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 2_000))
    // Nobody's: what a superuser may do to people is no fault.
    .filter((id) => !/^\d{1,3}$/.test(id)),
);
const value = fc.oneof(
  fc.constantFrom(..."0 1 -1 1.5 1e9 99999999999999999999 true null [] %00 %ff day user".split(" ")),
  hostileText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 2_000)),
);

inEachDatabase("hostile requests of a superuser", (mode) => {
  let target: Target;
  let root: Client;
  beforeAll(async () => {
    target = await startTarget(mode);
    root = await superuser(target.server, "Root");
  });
  afterAll(() => target.server.stop());

  test.each(routes)("%s answers whatever it gets", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    const parts = path.split("/").map((part) => (part.startsWith(":") ? ODD_IDS : fc.constant(part)));
    const query = fc.array(fc.tuple(fc.constantFrom(...QUERIES.split(" ")), value), { maxLength: 3 });
    const shot = fc.tuple(fc.tuple(...parts), query, /PATCH|POST/.test(method) ? hostileJson : fc.constant(undefined));
    const shoot = async (parts: string[], query: [string, string][], body: string | undefined) => {
      const response = await fetch(
        `${target.server.url}${parts.join("/")}/?${query.map((pair) => pair.join("=")).join("&")}`.slice(0, 6_000),
        {
          method,
          signal: AbortSignal.timeout(PATIENCE_MS),
          headers: { Cookie: `sessionid=${root.cookie}`, "Content-Type": "application/json" },
          ...(body === undefined ? {} : { body }),
        },
      );
      const text = await response.text();
      expect(response.status, text).toBeLessThan(500);
      if (response.status >= 400) expectErrorBody(JSON.parse(text), text);
      else expect(text).not.toMatch(/password(?!_set)|\$argon2|"key"/);
    };
    await fc.assert(
      fc.asyncProperty(shot, ([parts, query, body]) => shoot(parts, query, body)),
      { numRuns: 25 },
    );
    await target.expectWell();
  });
});
