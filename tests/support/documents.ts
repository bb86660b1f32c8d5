import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { asyncApi } from "../../src/server/http/docs/asyncapi.ts";
import type { JsonSchema } from "../../src/server/http/docs/json-schema.ts";
import { openApi } from "../../src/server/http/docs/openapi.ts";
import { routeGroups } from "../../src/server/node/features.ts";
import { type AppServices, createApp } from "../../src/server/node/http-app.ts";

// Every answer and every frame that the tests get is held against the documents: client.ts and socket.ts ask here.

/** Only the services that the app needs to be composed. Its routes are read here, never called. */
const UNUSED = { corsOrigins: [], limits: {}, trustedProxies: 0 } as unknown as AppServices;
export const routes = createApp(UNUSED).routes;

interface Documented {
  headers?: Record<string, unknown>;
  content?: Record<string, { schema?: JsonSchema }>;
}
interface Operation {
  responses: Record<string, Documented>;
}

/** As clients get them: through JSON. */
const plain = <T>(document: T): T => JSON.parse(JSON.stringify(document));
export const http = plain(openApi(routes, routeGroups, "sessionid"));
export const frames = plain(asyncApi("sessionid"));

/** Answers and frames that contradict the documents. `setup.ts` fails the test that got them. */
const faults: string[] = [];
export const takeFaults = () => faults.splice(0);

const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
/** The documents allow fields that later releases add. In tests, a field that is not in them is a fault. */
const strict = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value), (_, part) =>
    part?.type === "object" && part.properties && !part.$ref ? { additionalProperties: false, ...part } : part,
  );
ajv.addSchema(strict({ components: http.components }), "http");
ajv.addSchema(strict({ components: frames.components }), "frames");

const compiled = new Map<string, ValidateFunction>();
function faultOf(name: string, schema: () => JsonSchema, document: "http" | "frames", value: unknown) {
  let validate = compiled.get(name);
  if (!validate) {
    const local = JSON.stringify(strict(schema())).replaceAll('"#/components/', `"${document}#/components/`);
    validate = ajv.compile(JSON.parse(local));
    compiled.set(name, validate);
  }
  if (validate(value)) return undefined;
  return ajv.errorsText(
    validate.errors?.map((error) => ({ ...error, message: `${error.message} ${what(error.params)}` })),
  );
}
const what = (params: object) => JSON.stringify(params);

const paths = Object.entries(http.paths as Record<string, Record<string, Operation>>)
  .map(([path, operations]) => ({
    path,
    operations,
    pattern: new RegExp(
      `^${path
        .replace(/\/$/, "")
        .replaceAll(".", "\\.")
        .replace(/\{\w+\}/g, "[^/]+")}/?$`,
    ),
  }))
  // Literal paths go before paths with parameters.
  .sort((a, b) => a.path.split("{").length - b.path.split("{").length);

/** Any path may answer with these, also an unknown one, because middleware before the routes sends them. */
const ANYWHERE = [400, 403, 404, 405, 429, 500, 503];

/** Servers of another release, by host. The documents do not describe them. */
const others = new Set<string>();
export const isOfAnotherRelease = (url: string) => void others.add(new URL(url).host);

/** Throws unless the answer is one that openapi.json has for this request. */
export function expectDocumented(
  method: string,
  url: string,
  answer: { status: number; headers: Headers; text: string },
) {
  const { pathname, host } = new URL(url);
  if (others.has(host) || !/^\/(api|ws)\//.test(pathname) || method === "OPTIONS") return;
  const { status, headers, text } = answer;
  const found = paths.find(({ pattern }) => pattern.test(pathname));
  const operation = found?.operations[method === "HEAD" ? "get" : method.toLowerCase()];
  const name = `${method} ${found?.path ?? pathname} → ${status}`;
  const fail = (why: string) => {
    throw new Error(`openapi.json: ${name}: ${why}\n${text.slice(0, 1_000)}`);
  };
  if (!headers.has("x-request-id")) fail("it has no X-Request-Id");
  const documented = operation?.responses[status];
  if (!documented && (operation || !ANYWHERE.includes(status))) return fail("no such answer is documented");
  if (method === "HEAD" || status === 304) return;
  for (const header of Object.keys(documented?.headers ?? {})) if (!headers.has(header)) fail(`it has no ${header}`);
  const type = (headers.get("content-type") ?? "").replace(/;.*/, "");
  // A page about a failure, for a person's browser. pages.test.ts is about these.
  if (status >= 400 && type === "text/html") return;
  const content = documented ? documented.content : { "application/json": { schema: ERROR } };
  const media = content?.[type] ?? content?.["*/*"];
  if (!media) return fail(`no content of type ${type} is documented`);
  const { schema } = media;
  const fault = schema && faultOf(operation ? name : "error", () => schema, "http", JSON.parse(text));
  if (fault) fail(fault);
}
const ERROR: JsonSchema = { $ref: "#/components/schemas/Error" };

const channels = [
  { pattern: /^\/ws\/chat\/[^/]+\/?$/, channel: frames.channels.chat },
  { pattern: /^\/ws\/?$/, channel: frames.channels.user },
];

/** Notes a frame that asyncapi.json does not have for this socket. */
export function noteUndocumented(url: string, frame: { type?: unknown }): void {
  const { pathname, host } = new URL(url);
  const channel = channels.find(({ pattern }) => pattern.test(pathname))?.channel;
  if (!channel || others.has(host)) return;
  const name = `server.${frame.type}`;
  const message = name in channel.messages ? frames.components.messages[name] : undefined;
  const fault = message ? faultOf(name, () => message.payload, "frames", frame) : "no such frame is documented";
  if (fault) faults.push(`asyncapi.json: ${channel.address}: ${fault}\n${JSON.stringify(frame).slice(0, 1_000)}`);
}
