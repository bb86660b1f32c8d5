import { Hono } from "hono";
import { z } from "zod";
import { altBody, fileAddress, file as fileSchema, PICTURE_SIZES } from "../../../protocol/files.ts";
import { uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { idIn, json, query, whole } from "../../http/input.ts";
import type { OriginOf } from "../../http/requester.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Pictures } from "../../platform/pictures/pictures.ts";
import { answerDownload, bytesMissing } from "./download.ts";
import { keyOf, shownFile } from "./file.ts";
import type { Files } from "./service.ts";
import { tusHead, tusRoutes } from "./tus-routes.ts";

interface Services {
  files: Files;
  limits: Limits;
  originOf: OriginOf;
  pictures: Pick<Pictures, "smaller">;
}

export const fileRoutes: RouteGroup<Services> = {
  path: "/api/files",
  section: {
    name: "Files",
    description:
      "Upload files, then send messages with their ids. Large files go up in parts, with any client of [tus 1.0](https://tus.io/protocols/resumable-upload): create, `HEAD`, `PATCH`. A file that no message has goes after a day.",
  },
  parameters: {
    fileId: { schema: uuid.meta({ description: "A file's id." }), unknown: "file_not_found" },
    name: { schema: z.string().meta({ description: "The name for the file. Any name gives the same bytes." }) },
  },
  routes,
};

const fileIdOf = idIn("fileId", "file_not_found");
/** A request waits at most this long. */
const WAIT_MAX_S = 30;

const short = (most: number) => z.string({ error: "Must be one text." }).max(most, { error: "This text is too long." });
const signedQuery = z.object({
  for: short(10).optional().meta({ description: "Of signed addresses." }),
  until: short(16).optional().meta({ description: "Of signed addresses." }),
  signature: short(64).optional().meta({ description: "Of signed addresses." }),
});

const [SMALL, LARGE] = PICTURE_SIZES;
const downloadQuery = signedQuery.extend({
  size: z
    .enum([String(SMALL), String(LARGE)], { error: `Must be ${SMALL} or ${LARGE}.` })
    .transform((size) => (size === String(SMALL) ? SMALL : LARGE))
    .optional()
    .meta({
      description:
        "Of pictures: a WebP whose longer side has so many pixels. It is the picture itself where a WebP would have more bytes.",
    }),
});

function routes(services: Services) {
  const { files, originOf, pictures } = services;
  const app = new Hono<Env>();
  app.route("/", tusRoutes(services));

  const aboutFile = about({
    id: "getFile",
    summary: "A file's properties and its state",
    description:
      "For its uploader, and for everybody who may read it. With `wait`, the answer waits while the file is `checking`. `HEAD` is the one of tus.",
    answers: { 200: { data: fileSchema } },
  });
  const waitQuery = z.object({ wait: whole(0, WAIT_MAX_S, 0) });
  app.get("/:fileId", aboutFile, loggedIn, query(waitQuery), async (c) => {
    const { userId } = principalOf(c);
    if (c.req.raw.method === "HEAD") return tusHead(c, files, userId, fileIdOf(c));
    const { wait } = c.req.valid("query");
    c.env.timeout(c.req.raw, WAIT_MAX_S * 2);
    const file = await files.wait(userId, fileIdOf(c), wait * 1_000, c.req.raw.signal);
    return success(c, { data: shownFile(file) });
  });

  const aboutAlt = about({
    id: "describeFile",
    summary: "Changes the description of a picture",
    description: "Only by its uploader, and only until a message has it.",
    answers: { 200: { message: "File changed", data: fileSchema } },
    failures: ["file_in_use"],
  });
  app.put("/:fileId/alt", aboutAlt, loggedIn, json(altBody), async (c) => {
    const file = await files.describe(principalOf(c).userId, fileIdOf(c), c.req.valid("json").alt);
    return success(c, { message: "File changed", data: shownFile(file) });
  });

  const aboutAddress = about({
    id: "signFileAddress",
    summary: "Makes an address that opens a file without a login",
    description:
      "For tags that can send neither a cookie nor a bearer. It works for 15 minutes, and only as long as you may read the file.",
    answers: { 200: { data: fileAddress } },
  });
  app.post("/:fileId/address", aboutAddress, loggedIn, async (c) => {
    const address = await files.address(principalOf(c).userId, fileIdOf(c), originOf(c.var.client));
    return success(c, { data: address });
  });

  const aboutDownload = about({
    id: "downloadFile",
    summary: "The bytes of a file",
    description:
      "For everybody who may read a message with it. Takes `Range`, `If-Range` and `If-None-Match`. Pictures, audio and video may be shown in place; all else is saved as an attachment.",
    public: true,
    answers: {
      200: { type: "application/octet-stream", description: "The whole file" },
      206: { type: "application/octet-stream", description: "A part of it" },
      304: { description: "The file is the same" },
    },
    failures: ["authentication_required", "range_not_satisfiable"],
  });
  app.get("/:fileId/:name", aboutDownload, query(downloadQuery), async (c) => {
    const { for: user, until, signature, size } = c.req.valid("query");
    const isSigned = user !== undefined && until !== undefined && signature !== undefined;
    const own = isSigned ? undefined : principalOf(c).userId;
    const fileId = fileIdOf(c);
    const userId = own ?? files.userOf(fileId, { for: user ?? "", until: until ?? "", signature: signature ?? "" });
    const file = await files.readable(userId, fileId);
    // A page of another origin may show what has a signed address. `http-app.ts` sets this header.
    if (isSigned) c.set("isEmbeddable", true);
    const key = keyOf(file);
    const whole = { key, name: file.name, type: file.type, bytes: file.bytes, tag: file.id };
    if (size === undefined || file.details["width"] === undefined) return answerDownload(c, files.blobs, whole);
    const smaller = await pictures.smaller(key, size);
    if (smaller === undefined) throw bytesMissing(key);
    if (smaller === key) return answerDownload(c, files.blobs, whole);
    const bytes = (await files.blobs.size(smaller)) ?? 0;
    return answerDownload(c, files.blobs, {
      ...whole,
      key: smaller,
      type: "image/webp",
      bytes,
      tag: `${whole.tag}-${size}`,
    });
  });

  return app;
}
