import { z } from "zod";
import { line, uuid } from "./text.ts";

export const registrations = ["open", "invite", "closed"] as const;
/** The people who may register: anybody, only those with an invite link, or nobody. */
export type Registration = (typeof registrations)[number];

/** How the next account can become the first superuser, as far as one request may know. */
export const firstUserWays = ["none", "code", "here"] as const;
export type FirstUserWay = (typeof firstUserWays)[number];

const registration = z
  .enum(registrations, { error: "Must be open, invite or closed." })
  .meta({ description: "Who may register: anybody, only people with an invite link, or nobody." });

const SERVER_NAME_MAX = 100;

const color = z
  .string()
  .nullable()
  .meta({ description: "The colour of the pages as `#rrggbb`. They use its hue. Null: teal.", examples: ["#0f766e"] });

export const serverInfo = z
  .object({
    name: z.string().nullable().meta({ description: "The name that admins gave this server." }),
    color,
    registration,
    names: z.enum(["letters", "any"]).meta({ description: "`any`: names may have any visible character." }),
    directory: z.enum(["all", "shared"]).meta({ description: "`shared`: people find those they share a group with." }),
    max_file: z
      .int()
      .positive()
      .meta({ description: "The largest file, in bytes.", examples: [100_000_000] }),
    first_user: z.enum(firstUserWays).meta({
      description:
        "`code`: the printed set-up code makes the next account a superuser. `here`: this request could do so without it. `none`: there is a superuser.",
    }),
  })
  .meta({ id: "ServerInfo", description: "Facts that a page needs before a login." });
export type ServerInfo = z.infer<typeof serverInfo>;

export const serverSettings = z
  .object({
    name: z.string().nullable(),
    color,
    color_fixed: z.boolean().meta({ description: "True: COLOR is set in the environment and wins." }),
    registration,
    registration_fixed: z.boolean().meta({ description: "True: REGISTRATION is set in the environment and wins." }),
    default_conversation_id: z.uuid().nullable().meta({ description: "The group that new accounts join." }),
    proxy_headers_seen: z.boolean().meta({
      description: "X-Forwarded-* headers came while TRUSTED_PROXIES is 0: set it, or all people count as one address.",
    }),
  })
  .meta({ id: "ServerSettings", description: "The settings that admins can change in the panel." });
export type ServerSettingsInfo = z.infer<typeof serverSettings>;

/** Each field may be left out. An empty name removes the name, and an empty colour the colour. */
export const changeSettingsBody = z
  .object({
    name: line(0, SERVER_NAME_MAX)
      .nullable()
      .optional()
      .transform((name) => (name === "" ? null : name))
      .meta({ examples: ["Our team"] }),
    color: z
      .string({ error: "Not a valid string." })
      .regex(/^(#[\da-f]{6})?$/i, { error: "Must be a colour like #0f766e." })
      .nullable()
      .optional()
      .transform((color) => (color ? color.toLowerCase() : color === undefined ? undefined : null)),
    registration: registration.optional(),
    default_conversation_id: uuid.nullable().optional(),
  })
  // The reference of the API begins with this example. Sent as it stands, it must change nothing.
  .meta({ id: "ChangeSettingsBody", examples: [{}] });
