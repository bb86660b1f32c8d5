import { html } from "hono/html";
import type { asyncApi, FrameMessage, Sender } from "./asyncapi.ts";
import type { JsonSchema } from "./json-schema.ts";

type Document = ReturnType<typeof asyncApi>;

/** The AsyncAPI document for people: every frame with its fields and an example. */
export function framesPage(document: Document) {
  const { chat, user } = document.channels;
  const messages = Object.entries(document.components.messages);
  const sentBy = (sender: Sender) =>
    messages.filter(([name]) => name.startsWith(`${sender}.`)).map(([, frame]) => frame);
  const onlyUser = (sender: Sender, { name }: FrameMessage) => !(`${sender}.${name}` in chat.messages);
  const list = (sender: Sender) =>
    html`<ul class="index">${sentBy(sender).map(({ name }) => html`<li><a href="#${sender}-${name}">${name}</a></li>`)}</ul>`;
  const section = (sender: Sender, frame: FrameMessage) => html`
    <section id="${sender}-${frame.name}">
      <h3><code>${frame.name}</code>${onlyUser(sender, frame) ? html` <span class="only">only on /ws/</span>` : ""}</h3>
      <p>${text(frame.summary)}</p>
      ${fields(frame.payload)}
      <pre tabindex="0" aria-label="Example">${JSON.stringify(frame.examples[0]?.payload, null, 2)}</pre>
    </section>`;
  return html`
    <h1>Confab's frames</h1>
    <p>${text(document.info.description)}</p>
    <dl>
      <dt><code>${chat.address}</code></dt>
      <dd>${chat.title}. ${text(chat.description)}</dd>
      <dt><code>${user.address}</code></dt>
      <dd>${user.title}. ${text(user.description)}</dd>
    </dl>
    <nav aria-label="Frames">
      <h2>Client → server</h2>
      ${list("client")}
      <h2>Server → client</h2>
      ${list("server")}
    </nav>
    <h2>What a client sends</h2>
    ${sentBy("client").map((frame) => section("client", frame))}
    <h2>What the server sends</h2>
    ${sentBy("server").map((frame) => section("server", frame))}
    <h2>What is in them</h2>
    ${Object.entries(document.components.schemas).map(([name, schema]) => shape(name, schema))}
    <h2 id="close-codes">Close codes</h2>
    <div class="wide" tabindex="0" role="group" aria-label="Close codes">
      <table class="codes">
        <thead><tr><th scope="col">Code</th><th scope="col">Why, and what to do</th></tr></thead>
        <tbody>${chat["x-close-codes"].map(({ code, advice }) => html`<tr><td>${code}</td><td>${text(advice)}</td></tr>`)}</tbody>
      </table>
    </div>`;
}

const shape = (name: string, schema: JsonSchema) => html`
  <section id="${name}">
    <h3><code>${name}</code></h3>
    <p>${text(schema.description ?? "")}</p>
    ${schema.enum ? html`<p>${text(schema.enum.map((value) => `\`${value}\``).join(", "))}</p>` : fields(schema)}
  </section>`;

function fields({ properties = {}, required = [] }: JsonSchema) {
  const rows = Object.entries(properties).map(([name, part]) => {
    const schema = part as JsonSchema;
    return html`<tr>
      <td><code>${name}</code></td>
      <td>${typeOf(schema)}</td>
      <td>${required.includes(name) ? "yes" : "no"}</td>
      <td>${text([schema.description, limits(schema)].filter(Boolean).join(" "))}</td>
    </tr>`;
  });
  return html`<div class="wide" tabindex="0" role="group" aria-label="Fields"><table class="fields">
    <thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Always</th><th scope="col">Meaning</th></tr></thead>
    <tbody>${rows}</tbody>
  </table></div>`;
}

/** The type of a field. A named type is a link to its fields. */
function typeOf(schema: JsonSchema): unknown {
  const { $ref, enum: values, anyOf, items } = schema;
  if ($ref) {
    const name = $ref.split("/").at(-1);
    return html`<a href="#${name}">${name}</a>`;
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (values) return values.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.type === "array") return html`list of ${typeOf(items as JsonSchema)}`;
  if (anyOf) return anyOf.map((part, i) => html`${i > 0 ? " or " : ""}${typeOf(part as JsonSchema)}`);
  return schema.format ?? [schema.type].flat().join(" or ");
}

function limits({ minLength, maxLength, minItems, maxItems, default: fallback }: JsonSchema): string {
  const length = maxLength === undefined ? "" : `${minLength ?? 0}–${maxLength} characters.`;
  const items = maxItems === undefined ? "" : `${minItems ?? 0}–${maxItems} of them.`;
  return [length, items, fallback === undefined ? "" : `Else ${JSON.stringify(fallback)}.`].filter(Boolean).join(" ");
}

/** Shows text between backquotes as code. */
const text = (marked: string) => marked.split("`").map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
