import { type Context, Hono } from "hono";
import { z } from "zod";
import { conversation } from "../../../protocol/conversations.ts";
import { AVATAR_SIZES } from "../../../protocol/files.ts";
import { id, userId, uuid } from "../../../protocol/text.ts";
import { user } from "../../../protocol/users.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, idIn, query } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { BlobBody } from "../../platform/blobs/blobs.ts";
import { pictureIn } from "./body.ts";
import type { ProfilePictures } from "./service.ts";

interface Services {
  profilePictures: ProfilePictures;
}

/** How many people one request asks for. */
const PEOPLE_MAX = 100;

const pictureIdOf = idIn("pictureId", "picture_not_found");
const parameters = {
  pictureId: { schema: uuid.meta({ description: "A picture's id." }), unknown: "picture_not_found" as const },
};
const section = { name: "Pictures", description: "The pictures of people and groups: squares, as WebP." };

const [SMALL, LARGE] = AVATAR_SIZES;
const sizeQuery = z.object({
  size: z
    .enum([String(SMALL), String(LARGE)], { error: `Must be ${SMALL} or ${LARGE}.` })
    .transform((size) => (size === String(LARGE) ? LARGE : SMALL))
    .default(SMALL)
    .meta({
      description: "The side of the square, in pixels. It is smaller where the picture was.",
      default: String(SMALL),
    }),
});
const PICTURE = { 200: { type: "image/webp", description: "The picture. One id always names the same picture." } };

/** The picture of the person who asks. */
export const ownAvatarRoutes: RouteGroup<Services> = {
  path: "/api/users/me/avatar",
  section,
  routes({ profilePictures }) {
    const app = new Hono<Env>();
    const aboutSet = about({
      id: "setAvatar",
      summary: "Sets your picture",
      description:
        "The body is the picture: JPEG, PNG, WebP, GIF or BMP, at most 10 MB and 50 megapixels. The server cuts out the square in the middle, and keeps nothing else of it. `data.avatar` is the id of the new picture.",
      takes: "image/*",
      answers: { 200: { message: "Picture changed", data: user } },
      failures: ["not_a_picture", "picture_too_large", "storage_full"],
    });
    app.put("/", aboutSet, loggedIn, async (c) => {
      const data = await profilePictures.setAvatar(principalOf(c).userId, await pictureIn(c.req.raw));
      return success(c, { message: "Picture changed", data });
    });
    const aboutRemove = about({
      id: "removeAvatar",
      summary: "Removes your picture",
      answers: { 200: { message: "Picture removed", data: user } },
    });
    app.delete("/", aboutRemove, loggedIn, async (c) =>
      success(c, { message: "Picture removed", data: await profilePictures.removeAvatar(principalOf(c).userId) }),
    );
    return app;
  },
};

/** The pictures of people. */
export const avatarRoutes: RouteGroup<Services> = {
  path: "/api/avatars",
  section,
  parameters,
  routes({ profilePictures }) {
    const app = new Hono<Env>();
    const ids = z
      .string({ error: "Expected user ids, with commas between them." })
      .regex(/^\d{1,10}(,\d{1,10})*$/, { error: "Expected user ids, with commas between them." })
      .transform((text) => text.split(",").map(Number))
      .pipe(z.array(userId).max(PEOPLE_MAX, { error: `Ask for at most ${PEOPLE_MAX} people.` }))
      .meta({
        type: "string",
        items: undefined,
        maxItems: undefined,
        description: "User ids, with commas between them.",
      });
    const aboutFind = about({
      id: "findAvatars",
      summary: "The pictures of people whom you share a conversation with",
      description: "For senders of messages. Users elsewhere have their `avatar` with them.",
      answers: { 200: { data: z.array(z.object({ user_id: userId, avatar: id })) } },
    });
    app.get("/", aboutFind, loggedIn, query(z.object({ ids })), async (c) => {
      const found = await profilePictures.avatarsNear(principalOf(c).userId, c.req.valid("query").ids);
      return success(c, { data: found.map(({ id: user_id, avatar }) => ({ user_id, avatar })) });
    });
    const aboutGet = about({
      id: "getAvatar",
      summary: "The picture of a person",
      answers: PICTURE,
      failures: ["picture_not_found"],
    });
    app.get("/:pictureId", aboutGet, loggedIn, query(sizeQuery), async (c) =>
      answer(c, await profilePictures.avatar(pictureIdOf(c), c.req.valid("query").size)),
    );
    return app;
  },
};

/** The pictures of groups. */
export const groupPictureRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/picture",
  section,
  routes({ profilePictures }) {
    const app = new Hono<Env>();
    const aboutSet = about({
      id: "setPicture",
      summary: "Sets the picture of a group",
      description: "As `setAvatar` does. All members may, and the conversation gets a line that says so.",
      takes: "image/*",
      answers: { 200: { message: "Picture changed", data: conversation } },
      failures: ["not_a_picture", "picture_too_large", "storage_full", "not_a_group", "is_a_thread"],
    });
    app.put("/", aboutSet, loggedIn, async (c) => {
      const { userId } = principalOf(c);
      const data = await profilePictures.setPicture(userId, conversationIdOf(c), await pictureIn(c.req.raw));
      return success(c, { message: "Picture changed", data });
    });
    const aboutRemove = about({
      id: "removePicture",
      summary: "Removes the picture of a group",
      answers: { 200: { message: "Picture removed", data: conversation } },
      failures: ["not_a_group", "is_a_thread"],
    });
    app.delete("/", aboutRemove, loggedIn, async (c) => {
      const data = await profilePictures.removePicture(principalOf(c).userId, conversationIdOf(c));
      return success(c, { message: "Picture removed", data });
    });
    const aboutGet = about({
      id: "getPicture",
      summary: "The picture of a group",
      description: "Members get it, as long as it is the picture of the group.",
      answers: PICTURE,
      failures: ["picture_not_found"],
    });
    app.get("/:pictureId", aboutGet, loggedIn, query(sizeQuery), async (c) => {
      const { userId } = principalOf(c);
      const { size } = c.req.valid("query");
      return answer(c, await profilePictures.picture(userId, conversationIdOf(c), pictureIdOf(c), size));
    });
    return app;
  },
};

/** Only this browser keeps the picture. Its bytes never change, so it never asks again. */
function answer(c: Context<Env>, body: BlobBody): Response {
  const { headers } = c.body(null, 200, {
    "Content-Type": "image/webp",
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
  });
  return new Response(body, { headers });
}
