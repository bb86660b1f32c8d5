import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { Icon } from "../../design/icon.tsx";
import { announce } from "../../design/toast.tsx";
import { referenceTexts } from "../../texts/reference.ts";
import { askForAccount, person } from "../base/account.ts";
import type { Call } from "../base/reference.ts";
import { Address } from "../parts/address.tsx";
import { Copy } from "../parts/copy.tsx";
import { pretty } from "../parts/json.tsx";
import { JsonField } from "../parts/json-field.tsx";
import { faultOfJson, reformatted } from "../parts/read-json.ts";
import { ParameterField } from "./parameter-field.tsx";
import { OutcomeView } from "./reply.tsx";
import { asksFirst, curlOf, isStep, pathOf, type Values } from "./request.ts";
import { type Outcome, send } from "./send.ts";

const { attempt: texts, answer: answerTexts } = referenceTexts;

/** The values of path parameters that were sent last. Other calls on the same conversation or person begin with them. */
const used: Values = {};

/** A form that sends the call for real, and shows the answer. */
export function Try({ call, cookie }: { call: Call; cookie: string }) {
  const { method, parameters, body: documented } = call;
  const initialBody = documented && pretty(prefilled(documented.example));
  const [values, setValues] = useState<Values>(() => (asksFirst(call) ? {} : valuesUsed(call)));
  const [body, setBody] = useState(initialBody);
  const [isChecked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const form = useRef<HTMLFormElement>(null);
  const answer = useRef<HTMLDivElement>(null);
  useEffect(() => answer.current?.scrollIntoView({ block: "nearest" }), [outcome]);

  const faults = Object.fromEntries(
    parameters.flatMap((parameter) => {
      const value = values[parameter.name] ?? "";
      if (value === "" && parameter.isRequired) return [[parameter.name, texts.needed]];
      return isStep(parameter, value) ? [[parameter.name, texts.notAValue]] : [];
    }),
  );
  const bodyFault = body === undefined ? undefined : faultOfJson(body);

  async function run() {
    setChecked(true);
    if (busy) return;
    if (bodyFault !== undefined || Object.keys(faults).length > 0) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    const path = pathOf(call, values);
    const question = { title: texts.askTitle(method, path), text: texts.askText, action: texts.sendLabel(method) };
    if (asksFirst(call) && !(await confirm({ ...question, danger: true }))) return;
    setBusy(true);
    const result = await send(method, path, body);
    setBusy(false);
    setOutcome(result);
    if (result.kind !== "reply") return;
    announce(answerTexts.said(result.status, result.ms));
    for (const { name, place } of parameters) if (place === "path") used[name] = values[name] ?? "";
    // Logging in and out, and a session that has ended, change the head of the page.
    if (result.code === 401 || (method !== "GET" && call.path.startsWith("/api/users/"))) await askForAccount();
  }

  return (
    <section class="try" aria-labelledby="try">
      <h2 id="try">{texts.title}</h2>
      <form
        ref={form}
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        {!call.isPublic && <Sender />}
        {parameters.map((parameter) => (
          <ParameterField
            key={parameter.name}
            parameter={parameter}
            value={values[parameter.name] ?? ""}
            error={isChecked ? faults[parameter.name] : undefined}
            onInput={(value) => setValues((before) => ({ ...before, [parameter.name]: value }))}
          />
        ))}
        {body !== undefined && (
          <>
            <JsonField label={texts.body} value={body} error={bodyFault} onInput={setBody} onSend={() => void run()} />
            <div class="form-actions">
              <Button kind="quiet" onClick={() => setBody(reformatted(body))}>
                {texts.format}
              </Button>
              {body !== initialBody && (
                <Button kind="quiet" onClick={() => setBody(initialBody)}>
                  {texts.reset}
                </Button>
              )}
            </div>
          </>
        )}
        <p class="try-address" dir="ltr">
          <span class={`method method-${method}`}>{method}</span> <Address path={pathOf(call, values)} />
        </p>
        <div class="form-actions">
          <Button kind={asksFirst(call) ? "danger" : "primary"} icon="send" type="submit" busy={busy}>
            {texts.send}
          </Button>
          <Copy text={curlOf(call, values, body, { origin: location.origin, cookie })} label={texts.copyCurl} />
        </div>
      </form>
      <div ref={answer}>{outcome && <OutcomeView outcome={outcome} />}</div>
    </section>
  );
}

/** Names the sender of the call. Without a session the server refuses it. */
function Sender() {
  if (person.value) return <p class="soft">{texts.as(person.value.full_name)}</p>;
  if (person.value === undefined) return null;
  return (
    <p class="notice">
      <Icon name="lock" />
      <span>{texts.signedOut}</span>
    </p>
  );
}

const valuesUsed = ({ parameters }: Call): Values =>
  Object.fromEntries(parameters.flatMap(({ name, place }) => (place === "path" ? [[name, used[name] ?? ""]] : [])));

/**
 * The example without its passwords. Sent as it stands, it would make an account whose password every reader of this page
 * knows.
 */
function prefilled(example: unknown): unknown {
  return JSON.parse(
    JSON.stringify(example ?? {}, (name, value) => (/password/.test(name) && typeof value === "string" ? "" : value)),
  );
}
