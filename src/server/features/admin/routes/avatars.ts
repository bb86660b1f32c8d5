import { Hono } from "hono";
import { about } from "../../../http/about.ts";
import { success } from "../../../http/answers.ts";
import type { Env } from "../../../http/env.ts";
import { userIdOf } from "../../../http/input.ts";
import type { ProfilePictures } from "../../pictures/service.ts";
import { adminOf } from "./superusers.ts";

export function avatarRoutes({ profilePictures }: { profilePictures: ProfilePictures }) {
  const app = new Hono<Env>();
  const aboutRemove = about({
    id: "adminRemoveAvatar",
    summary: "Removes the picture of a user",
    superusers: true,
    answers: { 200: { message: "Picture removed" } },
    failures: ["user_not_found"],
  });
  app.delete("/:userId/avatar", aboutRemove, async (c) => {
    await profilePictures.removeAvatarOf(adminOf(c), userIdOf(c, "user_not_found"));
    return success(c, { message: "Picture removed" });
  });
  return app;
}
