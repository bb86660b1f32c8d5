import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { Select } from "../../design/select.tsx";
import { referenceTexts } from "../../texts/reference.ts";
import type { Reference } from "../base/reference.ts";
import { JsonField } from "../parts/json-field.tsx";
import { faultOfJson } from "../parts/read-json.ts";
import { SCROLLS } from "../parts/scrolling.ts";
import {
  clear,
  close,
  isPaused,
  LINES_MAX,
  type Line,
  lines,
  open,
  path,
  sendFrame,
  setPaused,
  state,
  waiting,
} from "./socket.ts";

const { console: texts } = referenceTexts;

/** Stands in a socket's address for the id of a conversation. */
const ID = /\{\w+\}/;

/**
 * A socket to try frames on. It stays open while the reader goes from frame to frame.
 * @param first the frame that stands in the field at first
 */
export function Console({ reference, first, heading: Heading }: ConsoleProps) {
  return (
    <section class="try" aria-labelledby="console">
      <Heading id="console" tabIndex={-1}>
        {texts.title}
      </Heading>
      <p class="soft">{texts.text}</p>
      <Connection reference={reference} />
      <Editor first={first} />
      <Log />
    </section>
  );
}

interface ConsoleProps {
  reference: Reference;
  first: string;
  heading: "h1" | "h2";
}

function Connection({ reference: { sockets, closeCodes } }: { reference: Reference }) {
  const [address, setAddress] = useState(sockets.at(-1)?.address ?? "");
  const [id, setId] = useState("");
  const [isChecked, setChecked] = useState(false);
  const isClosed = state.value === "closed";
  const needsId = ID.test(address);
  const isMissing = needsId && id.trim() === "";
  const adviceOf = (code: number) => closeCodes.find((each) => each.code === code)?.advice ?? "";
  const connect = () => {
    setChecked(true);
    if (!isMissing)
      open(
        address.replace(ID, () => encodeURIComponent(id.trim())),
        adviceOf,
      );
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isClosed) connect();
        else close();
      }}
    >
      <Select
        label={texts.where}
        isLabelShown
        value={address}
        options={sockets.map(({ address, title }) => ({ value: address, label: `${address} · ${title}` }))}
        onChange={setAddress}
      />
      {needsId && (
        <Field
          name="conversation_id"
          label={texts.conversation}
          value={id}
          onInput={setId}
          required
          autocomplete="off"
          errors={isChecked && isMissing ? [referenceTexts.attempt.needed] : undefined}
        />
      )}
      <div class="form-actions console-state">
        <Button kind={isClosed ? "primary" : "plain"} type="submit" busy={state.value === "opening"}>
          {isClosed ? texts.open : texts.close}
        </Button>
        <p role="status" class={`console-${state.value}`}>
          {state.value === "open" ? texts.isOpen(path.value) : isClosed ? texts.isClosed : texts.opening}
        </p>
      </div>
    </form>
  );
}

function Editor({ first }: { first: string }) {
  const [text, setText] = useState(first);
  const [fault, setFault] = useState<string>();
  const send = () => {
    const wrong = faultOfJson(text);
    setFault(wrong ?? (sendFrame(text) ? undefined : texts.notConnected));
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <JsonField
        label={texts.frame}
        value={text}
        error={fault}
        onInput={(value) => {
          setText(value);
          setFault(undefined);
        }}
        onSend={send}
      />
      <div class="form-actions">
        <Button type="submit" icon="send">
          {texts.send}
        </Button>
      </div>
    </form>
  );
}

function Log() {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = lines.value;
  useEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [shown]);
  return (
    <div class="console-log">
      <div class="reply-head">
        <h3 id="console-log">{texts.log}</h3>
        <Button kind="quiet" aria-pressed={isPaused.value} onClick={() => setPaused(!isPaused.value)}>
          {isPaused.value ? texts.resume : texts.pause}
        </Button>
        <Button kind="quiet" onClick={clear}>
          {texts.clear}
        </Button>
      </div>
      <div
        ref={box}
        class="console-lines"
        // A screen reader that reads every frame has no time for anything else.
        role="log"
        aria-live="off"
        aria-labelledby="console-log"
        tabIndex={SCROLLS}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight > scrollHeight - 20;
        }}
      >
        {shown.length === 0 ? (
          <p class="soft">{texts.noFrames}</p>
        ) : (
          <ol>
            {shown.map((line) => (
              <LineView key={line.id} line={line} />
            ))}
          </ol>
        )}
      </div>
      <p class="soft">{isPaused.value ? texts.waiting(waiting.value) : texts.bound(LINES_MAX)}</p>
    </div>
  );
}

const times = new Intl.DateTimeFormat("en", { timeStyle: "medium" });

const LineView = ({ line: { kind, title, text, at } }: { line: Line }) => (
  <li class={`line line-${kind}`}>
    <p class="line-head">
      <span class="line-kind">{texts[kind]}</span> {title !== "" && <code>{title}</code>}{" "}
      <time dateTime={at.toISOString()}>{times.format(at)}</time>
    </p>
    {kind === "note" ? <p dir="auto">{text}</p> : <pre dir="ltr">{text}</pre>}
  </li>
);
