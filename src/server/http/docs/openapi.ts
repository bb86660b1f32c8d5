import type { RouterRoute } from "hono/types";
import { z } from "zod";
import { version } from "../../../../package.json";
import { errorBody, successBody } from "../../../protocol/envelope.ts";
import { type FailureName, failures } from "../../../protocol/failures.ts";
import { type About, type DocumentedAnswer, factsOf, type RouteFacts } from "../about.ts";
import type { ApiSection, PathParameter } from "../route-group.ts";
import { exampleOf, type JsonSchema, Schemas } from "./json-schema.ts";

/** The documents of this folder, and their page. They come last on it. */
const DOCUMENTS: ApiSection & Documented = {
  path: "/api",
  section: { name: "Documents", description: "This page and its documents. They count for no limit." },
  failures: { never: ["unstorable", "throttled", "unavailable"] },
};

const FAILURES = Object.keys(failures) as FailureName[];

const descriptionOf = (cookie: string) => `Real-time chat over HTTP and [WebSocket](/api/docs/#sockets).

Every JSON answer is an envelope: \`{"status":"success","message"?,"data"?,"meta"?}\`, or
\`{"status":"error","message","code","errors"?}\`, where \`code\` is for programs, \`message\` for people, and \`errors\` maps
each faulty field to a list of texts. An unknown path gets a 404 \`not_found\`, an unknown method of a path a 405
\`method_not_allowed\` with \`Allow\`. A person who opens an address in a browser gets an error as an HTML page.

Unless the server is set otherwise, an address without a login may send 20 requests a minute, and a user 100.
Registrations and logins that succeed don't count among the 20; they and wrong passwords have limits of their own.
\`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` (seconds) say how many requests you have left. Further
requests get a 429 \`throttled\` with \`Retry-After\`.

A login sets the cookie \`${cookie}\`, which most other requests need: **sign in on this page once, and the requests that you try
here have it**. A slash at the end of a path may be left out. Times are ISO 8601 in UTC; lengths are counted in Unicode code points. More
fields may come with later versions.`;

type Documented = Required<Pick<ApiSection, "section">>;

/**
 * The OpenAPI 3.1 document of these routes.
 * @param sections the groups of the routes, in the order of the page
 * @param cookie the name of the session's cookie
 * @throws Error for a route that can't be described
 */
export function openApi(routes: readonly RouterRoute[], sections: readonly ApiSection[], cookie: string) {
  const schemas = new Schemas();
  schemas.of(errorBody, "output");
  const listed = [...sections, DOCUMENTS].filter(isDocumented);
  const parameters = Object.assign({}, ...listed.map((section) => section.parameters));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of documented(routes)) {
    const section = sectionOf(route.path, listed);
    const described = operation({ ...route, section, parameters }, schemas);
    const path = documentedPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: described };
  }
  // All other failures happen to frames only. asyncapi.json has their codes.
  const shown = new Set(JSON.stringify(paths).match(/(?<=#\/components\/examples\/)\w+/g));
  return {
    openapi: "3.1.1",
    info: { title: "Confab", version, description: descriptionOf(cookie), license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    // A section can have several groups of routes.
    tags: [...new Set(listed.map(({ section }) => section))],
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
          description: "Seconds to wait before you try again.",
          schema: { type: "integer", minimum: 1 },
        },
      },
    },
  };
}

const isDocumented = (section: ApiSection): section is ApiSection & Documented => section.section !== undefined;

/** A route, with all that its handlers and its group say about it. */
interface Route {
  method: string;
  /** The path as Hono writes it. */
  path: string;
  facts: RouteFacts;
  section: ApiSection & Documented;
  /** The path parameters of all groups. */
  parameters: Record<string, PathParameter>;
}

/** Every route under /api/ and /ws/, with all that its handlers say about it. */
function documented(routes: readonly RouterRoute[]) {
  const found = new Map<string, Pick<Route, "method" | "path" | "facts">>();
  for (const { method, path, handler } of routes) {
    if (method === "ALL" || !/^\/(api|ws)(\/|$)/.test(path)) continue;
    const name = `${method} ${path}`;
    const route = found.get(name) ?? { method, path, facts: {} };
    Object.assign(route.facts, factsOf(handler));
    found.set(name, route);
  }
  return found.values();
}

/** The section with the longest path that the route's path begins with. */
function sectionOf(path: string, sections: readonly (ApiSection & Documented)[]) {
  const [found] = sections
    .filter((section) => path === section.path || path.startsWith(`${section.path}/`))
    .sort((one, other) => other.path.length - one.path.length);
  if (!found) throw new Error(`${path} belongs to no section of the API page: give its group of routes one`);
  return found;
}

/** The path as OpenAPI writes it. */
function documentedPath(path: string): string {
  const braced = path.replace(/:(\w+)/g, (_, name: string) => `{${snake(name)}}`);
  return braced.endsWith(".json") ? braced : `${braced}/`;
}

const parametersIn = (path: string) => [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function operation(route: Route, schemas: Schemas) {
  const { about, body, query } = route.facts;
  if (!about) throw new Error(`${route.method} ${route.path} has no description: give it an about()`);
  const parameters = [
    ...parametersIn(route.path).map((name) => pathParameter(name, route.parameters, schemas)),
    ...queryParameters(query, schemas),
  ];
  return {
    operationId: about.id,
    tags: [route.section.section.name],
    summary: about.summary,
    ...(about.description === undefined ? {} : { description: about.description }),
    security: about.public ? [] : [{ session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: { required: true, content: jsonContent(schemas.of(body, "input"), schemas) } } : {}),
    ...(about.takes === undefined
      ? {}
      : {
          requestBody: { required: true, content: { [about.takes]: { schema: { type: "string", format: "binary" } } } },
        }),
    responses: { ...successes(about, schemas), ...refusals(namesOf(route)) },
  };
}

function pathParameter(name: string, known: Route["parameters"], schemas: Schemas) {
  const parameter = known[name];
  if (!parameter) throw new Error(`the path parameter ${name} has no schema: add one to its group of routes`);
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
  const { message, data, meta, more, type, alsoAs, description, cookie } = answer;
  const texts = message === undefined ? [] : [message].flat();
  const headers = {
    // Bun itself answers with 101.
    ...(status === "101" ? {} : REQUEST_ID),
    ...(cookie
      ? { "Set-Cookie": { description: `The session's cookie is ${cookie}.`, schema: { type: "string" } } }
      : {}),
  };
  if (type !== undefined || ["101", "204", "304"].includes(status))
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
    content: {
      ...jsonContent(schemas.of(body, "output"), schemas),
      ...(alsoAs === undefined ? {} : { [alsoAs]: { schema: { type: "string" } } }),
    },
  };
}

const jsonContent = (schema: JsonSchema, { components }: Schemas) => ({
  "application/json": { schema, example: exampleOf(schema, components) },
});

/** Every failure that the route can answer: the failures of its kind of request, of its group, and its own. */
function namesOf({ method, path, facts: { about, body, query }, section, parameters }: Route): FailureName[] {
  const { always = [], never = [] } = section.failures ?? {};
  const checksInput = body !== undefined || query !== undefined;
  const names: (FailureName | false)[] = [
    "bad_host",
    ...always,
    method !== "GET" && "foreign_origin",
    about?.superusers ? "path_not_found" : !about?.public && "authentication_required",
    // Reading is written to the audit log, so no other site's page may ask for it.
    about?.superusers === true && "foreign_origin",
    ...parametersIn(path).map((name) => parameters[name]?.unknown ?? false),
    ...(body ? (["invalid_json", "body_not_an_object", "payload_too_large", "unsupported_media_type"] as const) : []),
    checksInput && "validation_failed",
    checksInput && !never.includes("unstorable") && "unstorable",
    !never.includes("throttled") && "throttled",
    ...(about?.failures ?? []),
    ...(["unavailable", "starting", "internal"] as const).filter((name) => !never.includes(name)),
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
