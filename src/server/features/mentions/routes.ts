import { Hono } from "hono";
import { z } from "zod";
import { conversationSummary } from "../../../protocol/conversations.ts";
import { message } from "../../../protocol/messages.ts";
import { uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { flag, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Mentions } from "./service.ts";
import type { MentionsCursor } from "./store.ts";

const MENTIONS_LIMIT = { default: 50, max: 100 };

interface Services {
  mentions: Mentions;
}

export const mentionRoutes: RouteGroup<Services> = {
  path: "/api/chat/mentions",
  section: {
    name: "Mentions",
    description:
      "`<@12>` in a message mentions a member, `<!all>` everybody, and `<!here>` everybody who is online. docs/text.md has the rules.",
  },
  routes,
};

const CURSOR = /^(\d{1,15})_([\da-f-]{36})_(\d{1,16})$/;
const NO_CURSOR = { error: "Must be the next_before of a page." };
const cursor = z
  .string(NO_CURSOR)
  .regex(CURSOR, NO_CURSOR)
  .transform((text, context): MentionsCursor => {
    const [, ms, id, seq] = CURSOR.exec(text) ?? [];
    const conversationId = uuid.safeParse(id).data;
    if (conversationId !== undefined) return { ms: Number(ms), conversationId, seq: Number(seq) };
    context.addIssue(NO_CURSOR.error);
    return z.NEVER;
  });
const written = ({ ms, conversationId, seq }: MentionsCursor) => `${ms}_${conversationId}_${seq}`;

function routes({ mentions }: Services) {
  const app = new Hono<Env>();

  const listQuery = z.object({
    before: cursor.optional().meta({ description: "`next_before` of the page before.", type: "string" }),
    limit: whole(1, MENTIONS_LIMIT.max, MENTIONS_LIMIT.default),
    conversation_id: uuid.optional().meta({ description: "Only mentions in this conversation." }),
    unread: flag(false).meta({ description: "True: only messages after your read position." }),
  });
  const aboutList = about({
    id: "listMentions",
    summary: "The messages that mention you, newest first",
    description:
      "Only of conversations in which you are a member now. Mentions by `<!here>` and `<!all>` are among them.",
    answers: {
      200: {
        data: z.array(z.object({ message, conversation: conversationSummary }).meta({ id: "Mention" })),
        meta: z.object({
          next_before: z
            .string()
            .nullable()
            .meta({ description: "`before` of the next page; null when this is the last.", examples: [null] }),
        }),
      },
    },
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { conversation_id: conversationId, ...asked } = c.req.valid("query");
    const { mentions: data, next } = await mentions.list(principalOf(c).userId, {
      ...asked,
      before: asked.before,
      conversationId,
    });
    return successList(c, data, { next_before: next && written(next) });
  });

  return app;
}
