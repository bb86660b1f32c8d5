import { describe, expect, test } from "bun:test";
import { default as asyncApiSchema } from "@asyncapi/specs/schemas/3.0.0-without-$id.json";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { version } from "../../package.json";
import { closeCodes } from "../../src/protocol/close-codes.ts";
import { clientFrames, serverFrames, userSocketOnly } from "../../src/protocol/frames.ts";
import { factsOf } from "../../src/server/http/about.ts";
import { exampleOf, Schemas } from "../../src/server/http/docs/json-schema.ts";
import { expectDocumented, frames, http, noteUndocumented, routes, takeFaults } from "../support/documents.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

interface Documented {
  requestBody?: { content: Record<string, { example?: object }> };
  responses: Record<string, { content?: Record<string, { schema?: object; example?: unknown }> }>;
}

/** Without the fields that move by themselves while an admin works. */
const withoutTimes = ({ last_seen, sessions, ...rest }: Record<string, unknown>) => rest;

const server = withServer("embedded", { RATE_LIMIT_ANON: "2/minute" });

describe("openapi.json", () => {
  test("is OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(http))).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    expect(http.info.version).toBe(version);
  });

  test("has every route of the app, and nothing more", () => {
    const written = routes
      .filter(({ method, path }) => method !== "ALL" && /^\/(api|ws)\b/.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:\w+/g, "{}")}`);
    const documented = Object.entries(http.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "{}").replace(/\/$/, "")}`,
      ),
    );
    expect(documented.sort()).toEqual([...new Set(written)].sort());
    expect(documented.length).toBeGreaterThan(25);
  });

  test("has no part that nothing refers to", () => {
    const text = JSON.stringify(http);
    const { securitySchemes: _named, ...referred } = http.components;
    const parts = Object.entries(referred).flatMap(([kind, named]) => Object.keys(named).map((name) => [kind, name]));
    expect(parts.length).toBeGreaterThan(50);
    expect(parts.filter(([kind, name]) => !text.includes(`"#/components/${kind}/${name}"`))).toEqual([]);
  });

  test("gives every body an example that the server takes", () => {
    const bodies = routes.flatMap(({ handler }) => factsOf(handler).body ?? []);
    expect(bodies.length).toBeGreaterThan(8);
    for (const body of bodies) {
      const schemas = new Schemas();
      const example = exampleOf(schemas.of(body, "input"), schemas.components);
      expect([example, body.safeParse(example).error?.issues]).toEqual([example, undefined]);
    }
  });

  test("gives bodies that change something an example that changes nothing", async () => {
    const admin = await superuser(server);
    const ofId = (path: string) => path.replace("{user_id}", String(admin.user?.id));
    const changed = Object.entries(http.paths as Record<string, Record<string, Documented>>)
      .map(([path, { patch, get }]) => ({
        path: ofId(path),
        body: patch?.requestBody?.content["application/json"],
        get,
      }))
      .filter(({ path, body, get }) => body && get && !path.includes("{"));
    expect(changed.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/api/admin/settings/", ofId("/api/admin/users/{user_id}/")]),
    );
    for (const { path, body } of changed) {
      const before = (await admin.get(path)).body.data;
      expect([path, (await admin.patch(path, body?.example)).status]).toEqual([path, 200]);
      expect((await admin.get(path)).body.data).toMatchObject(withoutTimes(before));
    }
  });

  test("gives every answer an example that is one", () => {
    const headers = new Headers({ "X-Request-Id": "1", "Content-Type": "application/json", "Set-Cookie": "a=b" });
    let answers = 0;
    for (const [path, operations] of Object.entries(http.paths))
      for (const [method, { responses }] of Object.entries(operations as Record<string, Documented>))
        for (const [status, { content }] of Object.entries(responses)) {
          const { schema, example } = content?.["application/json"] ?? {};
          if (Number(status) >= 400 || !schema) continue;
          const url = `http://localhost${path.replace(/\{\w+\}/g, "1")}`;
          expectDocumented(method.toUpperCase(), url, {
            status: Number(status),
            headers,
            text: JSON.stringify(example),
          });
          answers++;
        }
    expect(answers).toBeGreaterThan(40);
  });
});

describe("asyncapi.json", () => {
  test("is AsyncAPI 3.0", () => {
    const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    ajv.validate(asyncApiSchema, frames);
    expect(ajv.errors ?? []).toEqual([]);
  });

  test("has every frame, each on its sockets, and every close code", () => {
    const names = [
      ...Object.keys(clientFrames).map((type) => `client.${type}`),
      ...Object.keys(serverFrames).map((type) => `server.${type}`),
    ];
    expect(Object.keys(frames.components.messages).sort()).toEqual(names.sort());
    expect(Object.keys(frames.channels.user.messages).sort()).toEqual(names.sort());
    const onBoth = names.filter((name) => !userSocketOnly.has(name.split(".")[1] ?? ""));
    expect(Object.keys(frames.channels.chat.messages).sort()).toEqual(onBoth.sort());
    expect(frames.channels.chat["x-close-codes"].map(({ code }) => code)).toEqual(
      expect.arrayContaining(Object.values(closeCodes)),
    );
  });

  test("says of each frame what it is for, with an example that its schema takes", () => {
    for (const [type, schema] of Object.entries(serverFrames)) {
      const { summary, examples } = frames.components.messages[`server.${type}`] ?? {};
      expect([type, summary]).toEqual([type, expect.stringMatching(/\.$/)]);
      // A frame with several forms is shown in its first one.
      const [shown] = "options" in schema ? schema.options : [schema];
      expect([type, shown.strict().safeParse(examples?.[0]?.payload).error?.issues]).toEqual([type, undefined]);
    }
    for (const [type, schema] of Object.entries(clientFrames)) {
      const { summary, examples } = frames.components.messages[`client.${type}`] ?? {};
      expect([type, summary]).toEqual([type, expect.stringMatching(/\.$/)]);
      expect([type, schema.safeParse(examples?.[0]?.payload).error?.issues]).toEqual([type, undefined]);
    }
  });
});

describe("the documents check every answer that the tests get", () => {
  const url = "http://localhost/api/users/profile/";
  const { profile, headers } = {
    profile: { status: "success", data: exampleOf({ $ref: "#/components/schemas/Profile" }, http.components.schemas) },
    headers: new Headers({ "X-Request-Id": "1", "Content-Type": "application/json" }),
  };
  const check = (status: number, body: unknown, at = url) => {
    expectDocumented("GET", at, { status, headers, text: JSON.stringify(body) });
  };

  test("an answer", () => {
    check(200, profile);
    const withMore = { ...profile, data: { ...Object(profile.data), password_hash: "x" } };
    expect(() => check(200, withMore)).toThrow("password_hash");
    expect(() => check(200, { ...profile, data: { ...Object(profile.data), id: "1" } })).toThrow(
      "/data/id must be integer",
    );
    expect(() => check(201, profile)).toThrow("no such answer is documented");
    expect(() => check(401, { status: "error", message: "x", code: "throttled" })).toThrow("/code");
    expect(() => check(200, profile, "http://localhost/api/users/undocumented/")).toThrow("no such answer");
    check(404, { status: "error", message: "Not found", code: "not_found" }, "http://localhost/api/nowhere/");
  });

  test("a frame", () => {
    const faultsOf = (at: string, frame: Record<string, unknown>) => {
      noteUndocumented(at, frame);
      return takeFaults().join();
    };
    const reset = {
      type: "reset",
      conversation_id: crypto.randomUUID(),
      last_version: 1,
      tag: null,
      pruned_seq: 0,
      epoch: crypto.randomUUID(),
    };
    expect(faultsOf("ws://localhost/ws/", reset)).toBe("");
    expect(faultsOf("ws://localhost/ws/", { ...reset, extra: 1 })).toContain("extra");
    expect(faultsOf("ws://localhost/ws/", { type: "unheard_of" })).toContain("no such frame");
    expect(faultsOf("ws://localhost/ws/chat/1/", { ...reset, type: "activity" })).toContain("no such frame");
  });
});

describe("they are served", () => {
  const paths = ["/api/openapi.json", "/api/asyncapi.json", "/api/docs/"];

  test("to strangers too, and count for no limit", async () => {
    for (const path of [...paths, ...paths]) expect((await server.visitor().get(path)).status).toBe(200);
    expect((await server.visitor().get("/api/openapi.json")).body).toEqual(http);
    expect((await server.visitor().get("/api/asyncapi.json")).body).toEqual(frames);
  });

  test.each(paths)("%s is not sent again to a client that has it", async (path) => {
    const { headers } = await server.visitor().get(path);
    const again = await server.visitor().get(path, { "If-None-Match": headers.get("etag") ?? "" });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  test("with files of this server alone, which never change under their name", async () => {
    const { text, headers } = await server.visitor().get("/api/docs/");
    const chat = await server.visitor().get("/");
    expect(headers.get("content-security-policy")).toBe(chat.headers.get("content-security-policy"));
    const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file = ""]) => file);
    expect(files).toHaveLength(2);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const file of files) {
      const answer = await server.visitor().get(file);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toContain("immutable");
      expect(answer.headers.get("content-type")).toMatch(file.endsWith(".js") ? "text/javascript" : "text/css");
    }
  });
});
