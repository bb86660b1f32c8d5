import { Hono } from "hono";
import { z } from "zod";
import { BASED_ON, draft, draftBody } from "../../../protocol/drafts.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, optionalCounter, query } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Drafts } from "./service.ts";

interface Services {
  drafts: Drafts;
}

export const draftRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/me/draft",
  section: {
    name: "Drafts",
    description:
      "One text for each conversation that you have begun and not sent. All your devices get its changes, as `me` frames.",
  },
  routes,
};

const removeQuery = z.object({ based_on: optionalCounter.meta({ description: BASED_ON }) });

function routes({ drafts }: Services) {
  const app = new Hono<Env>();

  const aboutSet = about({
    id: "setDraft",
    summary: "Stores your draft of a conversation",
    description:
      "With `based_on`, a draft that another device has changed since is not replaced: the answer is 409 `newer`, and its `data` is that draft.",
    answers: { 200: { message: "Draft saved", data: draft } },
    failures: ["not_a_participant", "draft_newer"],
  });
  app.put("/", aboutSet, loggedIn, json(draftBody), async (c) => {
    const data = await drafts.set(principalOf(c).userId, conversationIdOf(c), c.req.valid("json"));
    return success(c, { message: "Draft saved", data });
  });

  const aboutRemove = about({
    id: "removeDraft",
    summary: "Removes your draft of a conversation",
    description: "Call it after you have sent the text. A repeat changes nothing.",
    answers: { 200: { message: "Draft removed" } },
    failures: ["draft_newer"],
  });
  app.delete("/", aboutRemove, loggedIn, query(removeQuery), async (c) => {
    await drafts.remove(principalOf(c).userId, conversationIdOf(c), c.req.valid("query").based_on);
    return success(c, { message: "Draft removed" });
  });

  return app;
}
