import { describe, expect, test } from "bun:test";
import type { AsyncApi, OpenApi, Schema } from "../../src/web/reference/base/document.ts";
import { readReference } from "../../src/web/reference/base/reference.ts";
import { asksFirst, curlOf, isStep, pathOf } from "../../src/web/reference/calls/request.ts";
import { type Shape, shapeOf } from "../../src/web/reference/schema/shape.ts";
import { frames, http } from "../support/documents.ts";

const documents = JSON.parse(JSON.stringify({ http, frames })) as { http: OpenApi; frames: AsyncApi };
const reference = readReference(documents.http, documents.frames);
const calls = reference.nouns.flatMap((noun) => noun.calls);

const countOf = ({ fields }: Shape): number => fields.reduce((sum, { shape }) => sum + 1 + countOf(shape), 0);

describe("the reference", () => {
  test("has every call and frame of the documents once", () => {
    const ids = Object.values(http.paths).flatMap((operations) =>
      Object.values(operations as Record<string, { operationId: string }>).map(({ operationId }) => operationId),
    );
    expect(calls.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(reference.frames.map(({ id }) => id)).toEqual(Object.keys(frames.components.messages));
    expect(reference.nouns.map(({ name }) => name)).toEqual(http.tags.map(({ name }) => name));
  });

  test("has every error that a call can get, with its message", () => {
    const send = calls.find(({ id }) => id === "sendMessage");
    expect(send?.refusals).toContainEqual({ status: "429", code: "throttled", message: expect.any(String) });
    expect(send?.refusals).toContainEqual({
      status: "401",
      code: "authentication_required",
      message: expect.any(String),
    });
  });

  test("reads documents that leave out whatever they may", () => {
    const bare = readReference(
      { info: { title: "Bare", version: "1" }, paths: { "/x": { get: {} } } },
      { info: { title: "Bare" }, channels: {}, components: { messages: {} } },
    );
    expect(bare.nouns).toMatchObject([{ name: "Bare", calls: [{ id: "GET/x", summary: "GET/x", answers: [] }] }]);
  });

  test("asks before calls that delete, and before those that use an admin's rights", () => {
    const asked = calls.filter(asksFirst).map(({ id }) => id);
    expect(asked).toContain("adminChangeUser");
    expect(asked).toContain("adminRemoveConversation");
    expect(asked).toContain("deleteMessage");
    expect(asked).not.toContain("adminGetUser");
    expect(asked).not.toContain("sendMessage");
  });
});

describe("a request", () => {
  const call = calls.find(({ id }) => id === "getConversation");
  const [id] = call?.parameters ?? [];
  if (!call || !id) throw new Error("there is no such call");

  test("keeps a value inside its part of the path", () => {
    expect(pathOf(call, { conversation_id: "a/../b?c#$&" })).toBe("/api/chat/conversations/a%2F..%2Fb%3Fc%23%24%26/");
    expect(pathOf(call, {})).toBe(call.path);
  });

  test("is a command that a shell reads as it is meant", () => {
    const send = calls.find(({ id }) => id === "sendMessage");
    const at = { origin: "http://localhost:8000", cookie: "sessionid" };
    const command = send && curlOf(send, { conversation_id: "7" }, `{"content": "it's $HOME"}`, at);
    const shown = Bun.spawnSync(["sh", "-c", `curl() { printf '%s|' "$@"; }; ${command}`]).stdout.toString();
    expect(shown.split("|")).toEqual([
      "-X",
      "POST",
      "http://localhost:8000/api/chat/conversations/7/messages/",
      "-b",
      "sessionid=YOUR_SESSION",
      "-H",
      "Content-Type: application/json",
      "-d",
      `{"content":"it's $HOME"}`,
      "",
    ]);
  });

  test("is not sent with a value that leads to another path", () => {
    expect([".", "..", "...", "a.b", ""].map((value) => isStep(id, value))).toEqual([true, true, false, false, false]);
  });
});

describe("a schema", () => {
  test("shows every field of every document", () => {
    for (const { body, answers } of calls)
      for (const schema of [body?.schema, ...answers.map((answer) => answer.schema)])
        if (schema) expect(countOf(shapeOf(schema, reference.schemas))).toBeGreaterThan(0);
    const shape = shapeOf({ $ref: "#/components/schemas/SendBody" }, reference.schemas);
    expect(shape.fields).toContainEqual({
      name: "content",
      isRequired: false,
      shape: expect.objectContaining({ type: "string", limits: [expect.stringContaining("5,000")] }),
    });
  });

  test("says what a value may be", () => {
    const typeOf = (schema: Schema) => shapeOf(schema, { User: { type: "object" } }).type;
    expect(typeOf({ type: "array", items: { $ref: "#/components/schemas/User" } })).toBe("list of User");
    expect(typeOf({ anyOf: [{ type: "integer" }, { type: "null" }] })).toBe("integer or null");
    expect(typeOf({ type: "object", additionalProperties: { type: "string" } })).toBe("map of string");
    expect(typeOf({ type: "string", format: "uuid" })).toBe("string (uuid)");
    expect(typeOf({})).toBe("anything");
  });

  test("ends where it contains itself", () => {
    const schemas: Record<string, Schema> = {
      Tree: {
        type: "object",
        properties: {
          name: { type: "string" },
          leaves: { type: "array", items: { $ref: "#/components/schemas/Tree" } },
        },
      },
      Loop: { $ref: "#/components/schemas/Loop" },
    };
    const tree = shapeOf({ $ref: "#/components/schemas/Tree" }, schemas);
    expect(tree.fields.map(({ name }) => name)).toEqual(["name", "leaves"]);
    expect(tree.fields[1]?.shape).toMatchObject({ type: "list of Tree", fields: [] });
    expect(shapeOf({ $ref: "#/components/schemas/Loop" }, schemas).fields).toEqual([]);
  });

  test("ends where schemas name each other in thousands of ways", () => {
    const names = Array.from({ length: 7 }, (_, index) => `S${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/schemas/${name}` }]));
    const schemas = Object.fromEntries(names.map((name) => [name, { type: "object", properties }]));
    expect(countOf(shapeOf({ $ref: "#/components/schemas/S0" }, schemas))).toBeLessThan(2_000);
  });

  test("ends where it is a hundred objects deep", () => {
    let schema: Schema = { type: "string" };
    for (let depth = 0; depth < 100; depth++) schema = { type: "object", properties: { inner: schema } };
    expect(countOf(shapeOf(schema, {}))).toBeLessThan(20);
  });
});
