import type { RouterRoute } from "hono/types";
import { z } from "zod";
import { version } from "../../../../package.json";
import { errorBody, successBody } from "../../../protocol/envelope.ts";
import { type FailureName, failures } from "../../../protocol/failures.ts";
import { inviteCode } from "../../../protocol/invites.ts";
import { userId, uuid } from "../../../protocol/text.ts";
import { type About, type DocumentedAnswer, factsOf, type RouteFacts } from "./about.ts";
import { type JsonSchema, Schemas } from "./json-schema.ts";

/** Groups of routes, by the first match from the start of a path. */
const TAGS: { start: string; name: string; description: string }[] = [
  {
    start: "/api/users",
    name: "People",
    description: "Registering, logging in, one's profile and sessions, and who else is there.",
  },
  {
    start: "/api/chat/conversations/{conversation_id}/messages",
    name: "Messages",
    description: "Also limited to 10 requests a minute and user, unless the server is set otherwise.",
  },
  {
    start: "/api/invites",
    name: "Invites",
    description: "Links by which people come to the server, or into a group.",
  },
  { start: "/api/chat/conversations", name: "Conversations", description: "1-on-1s and groups." },
  {
    start: "/api/chat/requests",
    name: "Requests",
    description: "From people who want to write to you, or to add you to a group, and need your consent.",
  },
  {
    start: "/api/admin",
    name: "Administration",
    description: "For superusers: anybody else is answered 404, as for a path that there isn't.",
  },
  { start: "/api/server", name: "Server", description: "Facts that a page needs before a login; never throttled." },
  { start: "/api/chat/health", name: "Health", description: "For machines; never throttled." },
  {
    start: "/ws",
    name: "Sockets",
    description: "Where a WebSocket begins. [What goes over it](/api/docs/frames/) has a page of its own.",
  },
  { start: "/api/", name: "Documents", description: "These pages. They count for no limit." },
];

/** Path parameters by their name in the routes. */
const PARAMETERS: Record<string, { schema: z.ZodType; unknown?: FailureName }> = {
  conversationId: { schema: uuid.meta({ description: "A conversation's id." }), unknown: "conversation_not_found" },
  messageId: { schema: uuid.meta({ description: "A message's id." }), unknown: "message_not_found" },
  requestId: { schema: uuid.meta({ description: "A request's id." }), unknown: "request_not_found" },
  sessionId: { schema: uuid.meta({ description: "A session's id." }), unknown: "session_not_found" },
  code: { schema: inviteCode, unknown: "invite_not_found" },
  userId: { schema: userId },
  file: { schema: z.string() },
};

const FAILURES = Object.keys(failures) as FailureName[];

const descriptionOf = (cookie: string) => `Real-time chat over HTTP and [WebSocket](/api/docs/frames/).

Every JSON answer is an envelope: \`{"status":"success","message"?,"data"?,"meta"?}\`, or
\`{"status":"error","message","code","errors"?}\`, where \`code\` is for programs, \`message\` for people, and \`errors\` maps
each faulty field to a list of texts. An unknown path is 404 \`not_found\`, a method that it does not know 405
\`method_not_allowed\` with \`Allow\`.

Unless the server is set otherwise, 20 requests a minute are answered to an address without a login, 100 to a user.
Registrations and logins that succeed don't count among the 20; they and wrong passwords have limits of their own.
\`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` (seconds) say where one stands; beyond is 429
\`throttled\` with \`Retry-After\`.

Login sets a cookie, \`${cookie}\`, and all else needs it: **log in here once, and the requests tried on this page
have it**. Paths end in a slash, or not. Times are ISO 8601 in UTC; lengths are counted in Unicode code points. More
fields may come with later versions.`;

/**
 * The OpenAPI 3.1 document of these routes. Throws for a route that can't be described.
 * @param cookie by which clients know a session
 */
export function openApi(routes: readonly RouterRoute[], cookie: string) {
  const schemas = new Schemas();
  schemas.of(errorBody, "output");
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, facts } of documented(routes)) {
    paths[path.documented] ??= {};
    Object.assign(paths[path.documented] ?? {}, { [method.toLowerCase()]: operation(method, path, facts, schemas) });
  }
  // The rest happens to frames only: asyncapi.json has it.
  const shown = new Set(JSON.stringify(paths).match(/(?<=#\/components\/examples\/)\w+/g));
  return {
    openapi: "3.1.1",
    info: { title: "Confab", version, description: descriptionOf(cookie), license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: TAGS.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.components,
      examples: Object.fromEntries(
        FAILURES.filter((name) => shown.has(name)).map((name) => [
          name,
          { summary: failures[name].message, value: example(name) },
        ]),
      ),
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: cookie, description: "Set by the login." },
      },
      headers: {
        RequestId: { description: "Names the request; the server's log has it too.", schema: { type: "string" } },
        RetryAfter: {
          description: "Seconds after which trying again makes sense.",
          schema: { type: "integer", minimum: 1 },
        },
      },
    },
  };
}

/** A path as Hono has it and as OpenAPI writes it. */
interface Path {
  documented: string;
  parameters: string[];
}

/** Every route under /api/ and /ws/, with all that its handlers tell. */
function documented(routes: readonly RouterRoute[]) {
  const found = new Map<string, { method: string; path: Path; facts: RouteFacts }>();
  for (const { method, path, handler } of routes) {
    if (method === "ALL" || !/^\/(api|ws)(\/|$)/.test(path)) continue;
    const name = `${method} ${path}`;
    const route = found.get(name) ?? { method, path: pathOf(path), facts: {} };
    Object.assign(route.facts, factsOf(handler));
    found.set(name, route);
  }
  return found.values();
}

function pathOf(path: string): Path {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const braced = path.replace(/:(\w+)/g, (_, name: string) => `{${snake(name)}}`);
  return {
    documented: /\.json$|\{file\}$/.test(path) || braced.endsWith("{file}") ? braced : `${braced}/`,
    parameters,
  };
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function operation(method: string, path: Path, facts: RouteFacts, schemas: Schemas) {
  const { about, body, query } = facts;
  if (!about) throw new Error(`${method} ${path.documented} has no description: give it an about()`);
  const tag = TAGS.find(({ start }) => path.documented.startsWith(start));
  if (!tag) throw new Error(`${path.documented} belongs to no tag: add one to TAGS`);
  const parameters = [
    ...path.parameters.map((name) => pathParameter(name, schemas)),
    ...queryParameters(query, schemas),
  ];
  return {
    operationId: about.id,
    tags: [tag.name],
    summary: about.summary,
    ...(about.description === undefined ? {} : { description: about.description }),
    security: about.public ? [] : [{ session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body
      ? { requestBody: { required: true, content: { "application/json": { schema: schemas.of(body, "input") } } } }
      : {}),
    responses: { ...successes(about, schemas), ...refusals(namesOf(method, path, facts, tag.name)) },
  };
}

function pathParameter(name: string, schemas: Schemas) {
  const parameter = PARAMETERS[name];
  if (!parameter) throw new Error(`the path parameter ${name} has no schema: add one to PARAMETERS`);
  const { description, ...schema } = schemas.of(parameter.schema, "input");
  return {
    name: snake(name),
    in: "path",
    required: true,
    ...(description === undefined ? {} : { description }),
    schema,
  };
}

function queryParameters(query: z.ZodType | undefined, schemas: Schemas) {
  const { properties = {}, required = [] } = query ? schemas.of(query, "input") : {};
  return Object.entries(properties).map(([name, part]) => {
    const { description, ...schema } = part as JsonSchema;
    const optional = required.includes(name) ? { required: true } : {};
    return { name, in: "query", ...optional, ...(description === undefined ? {} : { description }), schema };
  });
}

const REQUEST_ID = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };

function successes({ answers }: About, schemas: Schemas) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, { ...success(status, answer, schemas) }]),
  );
}

function success(status: string, answer: DocumentedAnswer, schemas: Schemas) {
  const { message, data, meta, more, type, description, cookie } = answer;
  const texts = message === undefined ? [] : [message].flat();
  const headers = {
    // The answer that opens a socket is Bun's own.
    ...(status === "101" ? {} : REQUEST_ID),
    ...(cookie
      ? { "Set-Cookie": { description: `The session's cookie is ${cookie}.`, schema: { type: "string" } } }
      : {}),
  };
  if (type !== undefined || status === "101" || status === "304")
    return { description: description ?? "", headers, ...(type === undefined ? {} : { content: { [type]: {} } }) };
  const body = successBody({
    ...(texts.length === 0 ? {} : { message: z.enum(texts) }),
    ...(data ? { data } : {}),
    ...(meta ? { meta } : {}),
    ...more,
  });
  return {
    description: description ?? (texts.join(", ") || "Success"),
    headers,
    content: { "application/json": { schema: schemas.of(body, "output") } },
  };
}

/** Every way the route can refuse: what its kind of request can meet, and what it says of itself. */
function namesOf(method: string, path: Path, { about, body, query }: RouteFacts, tag: string): FailureName[] {
  const unsafe = method !== "GET" || tag === "Sockets";
  const isFile = tag === "Documents";
  const names: (FailureName | false)[] = [
    "bad_host",
    unsafe && "foreign_origin",
    about?.superusers ? "path_not_found" : !about?.public && "authentication_required",
    // Reading is written down too: no other site's page may ask.
    about?.superusers === true && "foreign_origin",
    ...path.parameters.map((name) => PARAMETERS[name]?.unknown ?? false),
    ...(body ? (["invalid_json", "body_not_an_object", "payload_too_large", "unsupported_media_type"] as const) : []),
    (body !== undefined || query !== undefined) && "validation_failed",
    (body !== undefined || query !== undefined) && tag !== "Health" && !isFile && "unstorable",
    tag !== "Health" && !isFile && "throttled",
    ...(about?.failures ?? []),
    ...(isFile ? (["starting", "internal"] as const) : []),
    ...(tag === "Health" || isFile ? [] : (["unavailable", "starting", "internal"] as const)),
  ];
  return [...new Set(names.filter((name) => name !== false))];
}

function refusals(names: FailureName[]) {
  const byStatus = Map.groupBy(names, (name) => failures[name].status);
  return Object.fromEntries(
    [...byStatus].map(([status, reasons]) => {
      const codes = [...new Set(reasons.map((name) => failures[name].code))];
      const waits = status === 429 || status === 503;
      return [
        status,
        {
          description: reasons.map((name) => `\`${failures[name].code}\` ${failures[name].message}`).join("  \n"),
          headers: { ...REQUEST_ID, ...(waits ? { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } : {}) },
          content: {
            "application/json": {
              schema: { $ref: "#/components/schemas/Error", properties: { code: { enum: codes } } },
              examples: Object.fromEntries(reasons.map((name) => [name, { $ref: `#/components/examples/${name}` }])),
            },
          },
        },
      ];
    }),
  );
}

function example(name: FailureName) {
  const { code, message, status } = failures[name];
  return {
    status: "error",
    message,
    code,
    ...(name === "validation_failed" ? { errors: { field: ["This field is required."] } } : {}),
    ...(status >= 500 ? { request_id: "5e2f1c0a-7d3b-4b7e-9c55-3f0b9d1c2a44" } : {}),
  };
}
