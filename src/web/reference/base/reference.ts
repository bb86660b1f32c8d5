import type { AsyncApi, OpenApi, OpenApiOperation, Schema, Schemas } from "./document.ts";

export interface Parameter {
  name: string;
  place: "path" | "query";
  isRequired: boolean;
  description: string;
  schema: Schema;
}

export interface Answer {
  status: string;
  description: string;
  /** The media type, if the answer has a body. */
  type: string | undefined;
  schema: Schema | undefined;
  example: unknown;
}

export interface Refusal {
  status: string;
  code: string;
  message: string;
}

export interface Call {
  id: string;
  /** In capitals. */
  method: string;
  path: string;
  summary: string;
  description: string;
  isPublic: boolean;
  /** The call opens a socket. */
  isSocket: boolean;
  parameters: Parameter[];
  body: { schema: Schema; example: unknown } | undefined;
  answers: Answer[];
  refusals: Refusal[];
}

/** A tag of OpenAPI: the calls on one subject. */
export interface Noun {
  name: string;
  description: string;
  calls: Call[];
}

export interface Frame {
  /** `client.message`, `server.ack` … */
  id: string;
  type: string;
  sender: "client" | "server";
  summary: string;
  payload: Schema;
  example: unknown;
  /** The addresses of the sockets that have this frame. */
  addresses: string[];
}

export interface Socket {
  address: string;
  title: string;
  description: string;
}

/** Both documents, as this page shows them. */
export interface Reference {
  version: string;
  description: string;
  /** The name of the session's cookie. */
  cookie: string;
  nouns: Noun[];
  schemas: Schemas;
  socketText: string;
  sockets: Socket[];
  frames: Frame[];
  frameSchemas: Schemas;
  closeCodes: { code: number; advice: string }[];
}

export function readReference(http: OpenApi, frames: AsyncApi): Reference {
  const channels = Object.values(frames.channels);
  return {
    version: http.info.version,
    description: http.info.description ?? "",
    cookie: http.components?.securitySchemes?.["session"]?.name ?? "sessionid",
    nouns: nounsOf(http),
    schemas: http.components?.schemas ?? {},
    socketText: frames.info.description ?? "",
    sockets: channels.map(({ address, title = address, description = "" }) => ({ address, title, description })),
    frames: Object.entries(frames.components.messages).map(([id, { name, summary = "", payload, examples }]) => ({
      id,
      type: name,
      sender: id.startsWith("client.") ? "client" : "server",
      summary,
      payload,
      example: examples?.[0]?.payload,
      addresses: channels.filter(({ messages }) => Object.hasOwn(messages, id)).map(({ address }) => address),
    })),
    frameSchemas: frames.components.schemas ?? {},
    closeCodes: longest(channels.map((channel) => channel["x-close-codes"] ?? [])),
  };
}

const longest = <T>(lists: T[][]): T[] => lists.reduce((one, other) => (other.length > one.length ? other : one), []);

/** The nouns in the order of the document's tags. Calls with other tags come last. */
function nounsOf(http: OpenApi): Noun[] {
  const nouns = new Map((http.tags ?? []).map(({ name, description = "" }) => [name, noun(name, description)]));
  for (const [path, operations] of Object.entries(http.paths))
    for (const [method, operation] of Object.entries(operations)) {
      const name = operation.tags?.[0] ?? http.info.title;
      const found = nouns.get(name) ?? noun(name, "");
      nouns.set(name, found);
      found.calls.push(callOf(method.toUpperCase(), path, operation, http));
    }
  return [...nouns.values()].filter(({ calls }) => calls.length > 0);
}

const noun = (name: string, description: string): Noun => ({ name, description, calls: [] });

function callOf(method: string, path: string, operation: OpenApiOperation, http: OpenApi): Call {
  const { operationId, summary, description = "", security, parameters = [], requestBody } = operation;
  const id = operationId ?? `${method}${path}`;
  const body = requestBody?.content?.["application/json"];
  const responses = Object.entries(operation.responses ?? {});
  return {
    id,
    method,
    path,
    summary: summary ?? id,
    description,
    isPublic: security?.length === 0,
    isSocket: responses.some(([status]) => status === "101"),
    parameters: parameters.map(({ name, in: place, required = false, description = "", schema = {} }) => ({
      name,
      place: place === "path" ? "path" : "query",
      isRequired: required,
      description,
      schema,
    })),
    body: body?.schema && { schema: body.schema, example: body.example },
    answers: responses
      .filter(([status]) => status < "4")
      .map(([status, { description = "", content = {} }]) => {
        const [type, media] = Object.entries(content)[0] ?? [];
        return { status, description, type, schema: media?.schema, example: media?.example };
      }),
    refusals: responses.flatMap(([status, { content }]) =>
      Object.values(content?.["application/json"]?.examples ?? {}).flatMap((example) => {
        const value = refer(example, http);
        return isRefusal(value) ? { status, code: value.code, message: value.message } : [];
      }),
    ),
  };
}

/** Follows a `$ref` to one of the document's examples. */
const refer = ({ $ref, value }: { $ref?: string; value?: unknown }, http: OpenApi): unknown =>
  $ref === undefined ? value : http.components?.examples?.[$ref.split("/").at(-1) ?? ""]?.value;

const isRefusal = (value: unknown): value is { code: string; message: string } =>
  typeof value === "object" &&
  value !== null &&
  "code" in value &&
  typeof value.code === "string" &&
  "message" in value &&
  typeof value.message === "string";
