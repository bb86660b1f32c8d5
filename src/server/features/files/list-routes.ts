import { Hono } from "hono";
import { z } from "zod";
import { conversationFile, fileKind } from "../../../protocol/files.ts";
import { about } from "../../http/about.ts";
import { successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, optionalCounter, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { FileLists } from "./listing.ts";

const LIMIT = { default: 50, max: 100 };

interface Services {
  fileLists: FileLists;
}

export const fileListRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/files",
  routes,
};

const KINDS_FAULT = `Must be one or more of ${fileKind.options.join(", ")}, with commas between them.`;
const kinds = z
  .string({ error: KINDS_FAULT })
  .transform((text, context) => {
    const asked = z.array(fileKind).safeParse(text.split(","));
    if (asked.success) return [...new Set(asked.data)];
    context.addIssue(KINDS_FAULT);
    return z.NEVER;
  })
  .meta({
    type: "string",
    description: `Only files of these kinds: ${fileKind.options.join(", ")}. With commas between them.`,
    examples: ["image,video"],
  });

function routes({ fileLists }: Services) {
  const app = new Hono<Env>();

  const listQuery = z.object({
    type: kinds.optional(),
    before: optionalCounter.meta({ description: "Only files of messages before this `seq`." }),
    after: optionalCounter.meta({
      description: "Only files of messages after this `seq`, oldest first. Wins over `before`.",
    }),
    limit: whole(1, LIMIT.max, LIMIT.default),
  });
  const next = z
    .int()
    .nullable()
    .meta({ description: "`before` (or `after`) of the next page; null when this is the last.", examples: [null] });
  const aboutList = about({
    id: "listConversationFiles",
    summary: "The files of a conversation, newest first",
    description:
      "A thread has a list of its own. The files of one message are always in one page, so a page can have up to nine more than `limit`.",
    answers: { 200: { data: z.array(conversationFile), meta: z.object({ next }) } },
    failures: ["not_a_participant"],
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { type, ...page } = c.req.valid("query");
    const found = await fileLists.of(conversationIdOf(c), principalOf(c).userId, { kinds: type, ...page });
    return successList(c, found.files, { next: found.next });
  });

  return app;
}
