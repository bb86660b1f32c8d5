import { type Context, Hono } from "hono";
import { resetCheck, resetCheckBody, resetConfirmBody, type User, user } from "../../../protocol/users.ts";
import { Failure } from "../../base/failure.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import type { Env } from "../../http/env.ts";
import { json } from "../../http/input.ts";
import type { Credentials } from "./account.ts";
import type { PasswordLinks } from "./password-links.ts";

/** The routes for a person with a one-time link. A token has 256 bits, so wrong ones need no limit of their own. */
export function passwordLinkRoutes(
  links: PasswordLinks,
  signIn: (c: Context<Env>, credentials: Credentials) => Promise<User>,
) {
  const app = new Hono<Env>();

  const aboutCheck = about({
    id: "checkPasswordLink",
    summary: "Names the account of a one-time link",
    public: true,
    answers: { 200: { data: resetCheck } },
  });
  app.post("/check", aboutCheck, json(resetCheckBody), async (c) =>
    success(c, { data: await links.check(c.req.valid("json").token) }),
  );

  const aboutConfirm = about({
    id: "confirmPasswordLink",
    summary: "Sets a password by a one-time link",
    description:
      "Ends all the person's sessions and voids all their links. With `sign_in` it also sets the session's cookie.",
    public: true,
    answers: { 200: { message: "Password changed successfully", data: user } },
  });
  app.post("/confirm", aboutConfirm, json(resetConfirmBody), async (c) => {
    const { token, password, sign_in } = c.req.valid("json");
    // This comes before the link is used up, because a person who must try again still needs the link.
    if (sign_in && c.var.principal instanceof Failure) throw c.var.principal;
    const credentials = await links.confirm(token, password, c.var.client);
    const data = sign_in ? await signIn(c, credentials) : credentials.user;
    return success(c, { message: "Password changed successfully", data });
  });

  return app;
}
