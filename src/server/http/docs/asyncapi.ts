import { version } from "../../../../package.json";
import { closeAdvice, closeCodes } from "../../../protocol/close-codes.ts";
import { resumeTag } from "../../../protocol/conversations.ts";
import { clientFrames, FRAME_BYTES_MAX, serverFrames, userSocketOnly } from "../../../protocol/frames.ts";
import { counter } from "../../../protocol/text.ts";
import { exampleOf, type JsonSchema, Schemas } from "./json-schema.ts";

export type Sender = "client" | "server";

/** A frame, as AsyncAPI's message object. */
export interface FrameMessage {
  name: string;
  title: string;
  summary: string;
  payload: JsonSchema;
  examples: { payload: Record<string, unknown> }[];
}

const DESCRIPTION = `The frames on Confab's two kinds of socket. A frame is one JSON object of at most ${FRAME_BYTES_MAX / 1024} KiB.
You open a socket with the session's cookie. A refusal comes before the socket opens, as an HTTP answer. Any client frame
may carry a \`ref\`, and its answer repeats it. Ignore unknown fields and frame types: later versions may add some. Every
change of a conversation has a \`version\`: 1, 2, 3, … To resume after version N, send \`after_version\` N and the \`tag\`
of that change. You get every missed change before live ones, or a \`reset\` when the server has another history there.`;

/** Every close code with its reason and the client's next step. */
const closings = [
  ...Object.entries(closeCodes).map(([name, code]) => ({ code, advice: closeAdvice[name as keyof typeof closeCodes] })),
  { code: 1009, advice: `A frame above ${FRAME_BYTES_MAX / 1024} KiB: send smaller ones.` },
].sort((a, b) => a.code - b.code);

/** The AsyncAPI 3.0 document of all frames. */
export function asyncApi(cookie: string) {
  const schemas = new Schemas();
  const messages: Record<string, FrameMessage> = {};
  for (const [type, schema] of Object.entries(clientFrames))
    messages[`client.${type}`] = message(type, typed(type, schemas.of(schema, "input")), schemas);
  for (const [type, schema] of Object.entries(serverFrames))
    messages[`server.${type}`] = message(type, schemas.of(schema, "output"), schemas);

  const everything = Object.keys(messages);
  const ofChat = everything.filter((name) => !userSocketOnly.has(name.replace(/^\w+\./, "")));
  return {
    asyncapi: "3.0.0",
    info: { title: "Confab's frames", version, description: DESCRIPTION, license: { name: "MIT" } },
    defaultContentType: "application/json",
    servers: {
      here: {
        host: "{host}",
        protocol: "ws",
        description: "Where this document came from; wss under HTTPS.",
        variables: { host: { default: "localhost:8000" } },
        security: [{ $ref: "#/components/securitySchemes/session" }],
      },
    },
    channels: {
      chat: {
        address: "/ws/chat/{conversation_id}/",
        title: "One conversation",
        description:
          "The first frame is `connection_established`. With `after_version` the missed changes follow, or a `reset` when `tag` is not the tag of that change.",
        parameters: { conversation_id: { description: "The conversation's id." } },
        messages: channelMessages(ofChat),
        bindings: binding({ after_version: schemas.of(counter, "input"), tag: schemas.of(resumeTag, "input") }),
        "x-close-codes": closings,
      },
      user: {
        address: "/ws/",
        title: "All your conversations",
        description: "Nothing is subscribed at first. Client frames name their `conversation_id`.",
        messages: channelMessages(everything),
        bindings: binding({}),
        "x-close-codes": closings.filter(({ code }) => code !== closeCodes.notParticipant),
      },
    },
    operations: {
      fromChatClient: operation("receive", "chat", ofChat, "client"),
      toChatClient: operation("send", "chat", ofChat, "server"),
      fromUserClient: operation("receive", "user", everything, "client"),
      toUserClient: operation("send", "user", everything, "server"),
    },
    components: {
      messages,
      schemas: schemas.components,
      securitySchemes: { session: { type: "httpApiKey", in: "cookie", name: cookie } },
    },
  };
}

/**
 * Adds `type` to a client frame's schema, because only the table of frames has the types. A message may leave `type`
 * out.
 */
function typed(type: string, schema: JsonSchema): JsonSchema {
  const required = [...(type === "message" ? [] : ["type"]), ...(schema.required ?? [])];
  const properties = { type: { const: type }, ...schema.properties };
  return { ...schema, properties, ...(required.length === 0 ? {} : { required }) };
}

function message(type: string, payload: JsonSchema, schemas: Schemas): FrameMessage {
  const { description: summary = "", examples, ...rest } = payload;
  const shown = exampleOf({ ...rest, ...(examples ? { examples } : {}) }, schemas.components);
  return { name: type, title: type, summary, payload: rest, examples: [{ payload: { type, ...Object(shown) } }] };
}

const channelMessages = (names: string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));

const binding = (properties: Record<string, JsonSchema>) => ({
  ws: { method: "GET", query: { type: "object", properties }, bindingVersion: "0.1.0" },
});

const operation = (action: "send" | "receive", channel: string, names: string[], from: Sender) => ({
  action,
  channel: { $ref: `#/channels/${channel}` },
  messages: names
    .filter((name) => name.startsWith(`${from}.`))
    .map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
});
