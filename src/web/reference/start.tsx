import { referenceTexts } from "../texts/reference.ts";
import type { Reference } from "./base/reference.ts";
import { linkTo } from "./base/routing.ts";
import { Address } from "./parts/address.tsx";
import { Prose } from "./parts/prose.tsx";

const { start: texts } = referenceTexts;

/** The introduction, and all calls by noun. */
export const Start = ({ reference: { description, version, nouns } }: { reference: Reference }) => (
  <article class="part-text start">
    <p class="part-noun">{referenceTexts.version(version)}</p>
    <h1 tabIndex={-1}>{referenceTexts.title}</h1>
    <Prose text={description} />
    <section aria-labelledby="documents">
      <h2 id="documents">{texts.documents}</h2>
      <p>
        {texts.documentsText} <a href="/api/openapi.json">openapi.json</a>,{" "}
        <a href="/api/asyncapi.json">asyncapi.json</a>
      </p>
    </section>
    <section aria-labelledby="nouns">
      <h2 id="nouns">{texts.nouns}</h2>
      {nouns.map(({ name, description, calls }) => (
        <section key={name} class="noun">
          <h3>{name}</h3>
          {description !== "" && <Prose text={description} />}
          <ul class="calls">
            {calls.map(({ id, method, path, summary }) => (
              <li key={id}>
                <a href={linkTo(id)}>
                  <span class={`method method-${method}`}>{method}</span>
                  <Address path={path} />
                  <span class="calls-summary">{summary}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  </article>
);
