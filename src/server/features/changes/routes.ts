import { Hono } from "hono";
import { z } from "zod";
import { CHANGES_LIMIT, changesPage, WAIT_MAX_S } from "../../../protocol/looking.ts";
import { uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { successText } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, optionalCounter, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Changes, Page } from "./service.ts";
import { changeStream, placeOf } from "./stream.ts";

interface Services {
  changes: Changes;
}

export const changesRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/changes",
  section: {
    name: "Changes",
    description: "What has changed in a conversation since you last looked at it, for clients without a socket too.",
  },
  routes,
};

const changesQuery = z.object({
  after_version: optionalCounter.meta({
    description: "The changes after this version. Default: your `read_version`.",
  }),
  tag: uuid.optional().meta({
    description: "The tag of the change at `after_version`. With another history there, the answer is a `reset`.",
  }),
  limit: whole(1, CHANGES_LIMIT.max, CHANGES_LIMIT.default),
  wait: whole(0, WAIT_MAX_S, 0).meta({
    description: `Waits up to so many seconds for a change when there is none. More than ${WAIT_MAX_S} is ${WAIT_MAX_S}.`,
  }),
});

const isStream = (accept: string | undefined) => accept?.includes("text/event-stream") === true;

function routes({ changes }: Services) {
  const app = new Hono<Env>();

  const aboutChanges = about({
    id: "listChanges",
    summary: "The changes after a version, oldest first",
    description:
      "With `Accept: text/event-stream` the answer is a stream of server-sent events: `change` with a frame, and `reset`. It ends after a minute; come back with `Last-Event-ID`, as browsers do.",
    answers: { 200: { data: changesPage, alsoAs: "text/event-stream" } },
    failures: ["not_a_participant", "too_many_waiting"],
  });
  app.get("/", aboutChanges, loggedIn, query(changesQuery), async (c) => {
    const { after_version, tag, limit, wait } = c.req.valid("query");
    const conversationId = conversationIdOf(c);
    const { userId } = principalOf(c);
    const { raw } = c.req;
    const place = placeOf(c.req.header("last-event-id")) ?? { after: after_version, tag };
    if (isStream(c.req.header("accept"))) {
      // The failures of the first answer come as usual.
      await changes.page(conversationId, userId, { ...place, limit: 1 });
      c.env.timeout(raw, 0);
      const body = changeStream(changes, conversationId, userId, place, raw.signal);
      return c.body(streamOf(body), 200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        // nginx would hold the events back.
        "X-Accel-Buffering": "no",
      });
    }
    const from = { after: after_version, tag, limit };
    if (wait === 0) return successText(c, encode(conversationId, await changes.page(conversationId, userId, from)));
    // Bun closes a connection on which nothing happens for 10 s.
    c.env.timeout(raw, WAIT_MAX_S * 2);
    const page = await changes.wait(conversationId, userId, from, wait * 1_000, raw.signal);
    return successText(c, encode(conversationId, page));
  });

  return app;
}

/** The frames are JSON already. */
const encode = (conversationId: string, { frames, ...rest }: Page) =>
  `{"conversation_id":"${conversationId}","changes":[${frames.map(({ frame }) => frame).join(",")}],${JSON.stringify(rest).slice(1)}`;

/** A stream that asks for the next piece when the client has read the one before. */
function streamOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
