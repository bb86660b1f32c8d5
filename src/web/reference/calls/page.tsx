import { referenceTexts } from "../../texts/reference.ts";
import type { Schemas } from "../base/document.ts";
import type { Answer, Call, Parameter, Reference, Refusal } from "../base/reference.ts";
import { linkTo } from "../base/routing.ts";
import { Address } from "../parts/address.tsx";
import { Json, pretty } from "../parts/json.tsx";
import { Prose } from "../parts/prose.tsx";
import { type Field, shapeOf } from "../schema/shape.ts";
import { Fields, SchemaTree } from "../schema/tree.tsx";
import { Try } from "./try.tsx";

const { call: texts, attempt } = referenceTexts;

/** Everything about one call, and beside it the form that tries it. */
export function CallPage({ call, noun, reference }: { call: Call; noun: string; reference: Reference }) {
  const { method, path, summary, description, parameters, body, answers, refusals } = call;
  const { schemas, cookie } = reference;
  return (
    <article class="part">
      <div class="part-text">
        <p class="part-noun">{noun}</p>
        <h1 tabIndex={-1}>{summary}</h1>
        <p class="part-address" dir="ltr">
          <span class={`method method-${method}`}>{method}</span> <Address path={path} />
        </p>
        {description !== "" && <Prose text={description} />}
        <p class="soft">{call.isPublic ? texts.isPublic : texts.needsSession}</p>
        {parameters.length > 0 && (
          <section aria-labelledby="parameters">
            <h2 id="parameters">{texts.parameters}</h2>
            <Fields fields={parameters.map((parameter) => fieldOf(parameter, schemas))} />
          </section>
        )}
        {body && (
          <section aria-labelledby="body">
            <h2 id="body">{texts.body}</h2>
            <SchemaTree schema={body.schema} schemas={schemas} />
            <h3>{texts.example}</h3>
            <Json text={pretty(body.example)} label={`${texts.body}: ${texts.example}`} />
          </section>
        )}
      </div>
      <div class="part-side">
        {call.isSocket ? (
          <section class="try" aria-labelledby="try">
            <h2 id="try">{attempt.title}</h2>
            <p>{attempt.socket}</p>
            <a class="button button-primary" href={linkTo("console")}>
              {attempt.openConsole}
            </a>
          </section>
        ) : (
          <Try key={call.id} call={call} cookie={cookie} />
        )}
      </div>
      <div class="part-text">
        <section aria-labelledby="answers">
          <h2 id="answers">{texts.answers}</h2>
          {answers.map((answer, index) => (
            <AnswerView key={answer.status} answer={answer} isFirst={index === 0} schemas={schemas} />
          ))}
        </section>
        {refusals.length > 0 && (
          <section aria-labelledby="errors">
            <h2 id="errors">{texts.errors}</h2>
            <Refusals refusals={refusals} />
          </section>
        )}
      </div>
    </article>
  );
}

function fieldOf({ name, place, isRequired, description, schema }: Parameter, schemas: Schemas): Field {
  const shape = shapeOf(schema, schemas);
  const where = place === "path" ? texts.inPath : texts.inQuery;
  return {
    name,
    isRequired,
    shape: { ...shape, type: `${shape.type}, ${where}`, description: description || shape.description },
  };
}

/** Answers to the same call are much alike, so only the first one is open. */
function AnswerView({ answer, isFirst, schemas }: { answer: Answer; isFirst: boolean; schemas: Schemas }) {
  const { status, description, type, schema, example } = answer;
  return (
    <details class="answer" open={isFirst}>
      <summary>
        <h3>
          <span class="status status-good">{status}</span> <Prose text={description} isInline />
        </h3>
      </summary>
      {schema ? (
        <>
          <SchemaTree schema={schema} schemas={schemas} />
          <h4>{texts.example}</h4>
          <Json text={pretty(example)} label={`${texts.answer(status)}: ${texts.example}`} />
        </>
      ) : (
        <p class="soft">{type ?? texts.noBody}</p>
      )}
    </details>
  );
}

const Refusals = ({ refusals }: { refusals: readonly Refusal[] }) => (
  <table class="codes refusals">
    <thead>
      <tr>
        <th scope="col">{texts.errorStatus}</th>
        <th scope="col">{texts.errorCode}</th>
        <th scope="col">{texts.errorMeaning}</th>
      </tr>
    </thead>
    <tbody>
      {refusals.map(({ status, code, message }) => (
        <tr key={`${code} ${message}`}>
          <td>
            <span class="status status-bad">{status}</span>
          </td>
          <td>
            <code>{code}</code>
          </td>
          <td dir="auto">{message}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
