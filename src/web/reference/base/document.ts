/** The parts of JSON Schema that the documents use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  description?: string;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  examples?: unknown[];
}

export type Schemas = Record<string, Schema>;

interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { $ref?: string; value?: unknown }>;
}

export interface OpenApiParameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface OpenApiOperation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  security?: unknown[];
  parameters?: OpenApiParameter[];
  requestBody?: { content?: Record<string, Media> };
  responses?: Record<
    string,
    { description?: string; headers?: Record<string, unknown>; content?: Record<string, Media> }
  >;
}

/** `/api/openapi.json`: the parts that this page reads. */
export interface OpenApi {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components?: {
    schemas?: Schemas;
    examples?: Record<string, { summary?: string; value?: unknown }>;
    securitySchemes?: Record<string, { name?: string }>;
  };
}

interface Channel {
  address: string;
  title?: string;
  description?: string;
  messages: Record<string, unknown>;
  "x-close-codes"?: { code: number; advice: string }[];
}

/** `/api/asyncapi.json`: the parts that this page reads. */
export interface AsyncApi {
  info: { title: string; description?: string };
  channels: Record<string, Channel>;
  components: {
    messages: Record<string, { name: string; summary?: string; payload: Schema; examples?: { payload: unknown }[] }>;
    schemas?: Schemas;
  };
}
