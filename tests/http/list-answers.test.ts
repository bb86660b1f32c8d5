import { expect, test } from "bun:test";
import { Hono } from "hono";
import { successList } from "../../src/server/http/answers.ts";
import type { Env } from "../../src/server/http/env.ts";

test("a list of megabytes is written in pieces, and other requests are served in between", async () => {
  const list = Array.from({ length: 4_000 }, (_, id) => ({ id, text: "x".repeat(1_000) }));
  const app = new Hono<Env>().get("/", (c) => successList(c, list, { total: list.length }));
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const answer = await app.request("/");
  isOver = true;
  const body = await answer.json();
  expect(body).toEqual({ status: "success", data: list, meta: { total: list.length } });
  expect(turns).toBeGreaterThanOrEqual(4_000_000 / (256 * 1024) - 1);
});
