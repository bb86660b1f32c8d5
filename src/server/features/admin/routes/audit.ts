import { Hono } from "hono";
import { z } from "zod";
import { auditActions, auditEntry, auditTargets, listMeta } from "../../../../protocol/admin.ts";
import { counter, USER_ID_MAX } from "../../../../protocol/text.ts";
import { about } from "../../../http/about.ts";
import { success } from "../../../http/answers.ts";
import type { Env } from "../../../http/env.ts";
import { optionalCounter, query, whole } from "../../../http/input.ts";
import type { Administration } from "../service.ts";

const AUDIT_LIMIT = { default: 50, max: 200 };

export function auditRoutes(administration: Administration) {
  const app = new Hono<Env>();
  const auditFields = z.object({
    actor: whole(0, USER_ID_MAX, 0).unwrap().optional(),
    action: z.enum(auditActions, { error: "No such action." }).optional(),
    target_type: z.enum(auditTargets, { error: `Must be one of: ${auditTargets.join(", ")}.` }).optional(),
    target_id: z
      .string({ error: "Not a valid id." })
      // An invite's id is its code, a user's is a number, all others are UUIDs.
      .regex(/^([0-9a-f-]{1,36}|[0-9a-z]{16})$/i, { error: "Not a valid id." })
      .transform((id) => id.toLowerCase())
      .optional(),
    before: optionalCounter,
    limit: whole(1, AUDIT_LIMIT.max, AUDIT_LIMIT.default),
  });
  const auditQuery = auditFields.refine((asked) => asked.target_id === undefined || asked.target_type !== undefined, {
    path: ["target_id"],
    error: "Say its target_type too.",
  });
  const aboutAudit = about({
    id: "adminListAudit",
    summary: "The acts of admins, newest first",
    superusers: true,
    answers: {
      200: { data: z.array(auditEntry), meta: listMeta.extend({ next_before: counter.nullable() }) },
    },
  });
  app.get("/", aboutAudit, query(auditQuery), async (c) => {
    const { actor, action, target_type: type, target_id: id, before, limit } = c.req.valid("query");
    const { entries, next, total, isExact } = await administration.audit.list({
      actorId: actor,
      action,
      target: type && { type, id },
      before,
      limit,
    });
    return success(c, { data: entries, meta: { total, total_exact: isExact, next_before: next } });
  });

  return app;
}
