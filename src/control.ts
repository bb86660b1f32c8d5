import { z } from "zod";
import { Failure } from "./domain/errors.ts";
import type { Users } from "./domain/users.ts";
import { email, password, personName } from "./protocol/text.ts";

/** In DATA_DIR, for this user only (0600). */
export const CONTROL_SOCKET = "confab.sock";

export const superuserBody = z.object({ email, first_name: personName, last_name: personName, password });
export type SuperuserBody = z.infer<typeof superuserBody>;

/** What a command tells: a text for people, and whether it worked. */
export const controlReply = z.object({ ok: z.boolean(), text: z.string() });
export type ControlReply = z.infer<typeof controlReply>;

/** Answers the commands that run beside an embedded server. */
export async function controlAnswer(request: Request, users: Users): Promise<Response> {
  if (request.method !== "POST" || new URL(request.url).pathname !== "/superusers")
    return Response.json({ ok: false, text: "This server does not know that command." }, { status: 404 });
  const body = superuserBody.safeParse(await request.json().catch(() => undefined));
  if (!body.success)
    return Response.json({ ok: false, text: "The command sent something unexpected." }, { status: 400 });
  return Response.json(await makeSuperuser(users, body.data));
}

export async function makeSuperuser(users: Users, body: SuperuserBody): Promise<ControlReply> {
  try {
    const { user, isCreated } = await users.createSuperuser(body);
    return {
      ok: true,
      text: isCreated
        ? `Superuser ${user.email} was created.`
        : `${user.email} exists already and is a superuser now; name and password stay as they were.`,
    };
  } catch (error) {
    if (error instanceof Failure) return { ok: false, text: error.message };
    throw error;
  }
}
