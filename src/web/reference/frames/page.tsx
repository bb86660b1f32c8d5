import { referenceTexts } from "../../texts/reference.ts";
import type { Frame, Reference } from "../base/reference.ts";
import { Address } from "../parts/address.tsx";
import { Json, pretty } from "../parts/json.tsx";
import { Prose } from "../parts/prose.tsx";
import { SchemaTree } from "../schema/tree.tsx";
import { Console } from "./console.tsx";

const { sockets: texts, call } = referenceTexts;

/** Everything about one frame. A frame of the client can be tried beside it. */
export function FramePage({ frame, reference }: { frame: Frame; reference: Reference }) {
  const { type, sender, summary, payload, example, addresses } = frame;
  const isSent = sender === "client";
  const only = addresses.length < reference.sockets.length ? addresses[0] : undefined;
  return (
    <article class="part">
      <div class="part-text">
        <p class="part-noun">{texts.title}</p>
        <h1 tabIndex={-1}>
          <code>{type}</code>
        </h1>
        <p class="part-address">
          <span>{isSent ? texts.fromClient : texts.fromServer}</span>
          {only !== undefined && <span class="soft">{texts.only(only)}</span>}
        </p>
        {summary !== "" && <Prose text={summary} />}
        <section aria-labelledby="fields">
          <h2 id="fields">{texts.fields}</h2>
          <SchemaTree schema={payload} schemas={reference.frameSchemas} />
        </section>
        <section aria-labelledby="example">
          <h2 id="example">{call.example}</h2>
          <Json text={pretty(example)} label={call.example} />
        </section>
      </div>
      {isSent && (
        <div class="part-side">
          <Console key={frame.id} reference={reference} first={pretty(example)} heading="h2" />
        </div>
      )}
    </article>
  );
}

/** The two kinds of sockets. */
export const SocketsPage = ({ reference: { sockets, socketText } }: { reference: Reference }) => (
  <article class="part-text">
    <h1 tabIndex={-1}>{texts.title}</h1>
    <Prose text={socketText} />
    {sockets.map(({ address, title, description }) => (
      <section key={address} class="answer">
        <h2>{title}</h2>
        <p class="part-address" dir="ltr">
          <Address path={address} />
        </p>
        <Prose text={description} />
      </section>
    ))}
  </article>
);

export const CodesPage = ({ reference: { closeCodes } }: { reference: Reference }) => (
  <article class="part-text">
    <h1 tabIndex={-1}>{texts.codesTitle}</h1>
    <table class="codes">
      <thead>
        <tr>
          <th scope="col">{texts.code}</th>
          <th scope="col">{texts.advice}</th>
        </tr>
      </thead>
      <tbody>
        {closeCodes.map(({ code, advice }) => (
          <tr key={code}>
            <td>{code}</td>
            <td>
              <Prose text={advice} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </article>
);

export const ConsolePage = ({ reference }: { reference: Reference }) => (
  <article class="part-console">
    <Console reference={reference} first={pretty({ type: "ping" })} heading="h1" />
  </article>
);
