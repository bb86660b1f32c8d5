import { useState } from "preact/hooks";
import { sendPoll } from "../../../sdk/features/polls.ts";
import type { Conversation } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Switch } from "../../design/choice.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import { Select } from "../../design/select.tsx";
import { pollTexts } from "../../texts/polls.ts";
import { texts } from "../../texts/texts.ts";
import { closeDialog } from "../base/open-dialog.ts";
import { useConversation } from "../session/use-conversation.ts";
import "./editor.css";

/** The limits of the server (src/protocol/polls.ts). */
const OPTIONS = { min: 2, max: 10 };
const QUESTION_MAX = 300;
const OPTION_MAX = 100;

const HOUR_MS = 3_600_000;
const CLOSING_MS = { never: undefined, hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };
type Closing = keyof typeof CLOSING_MS;
const isClosing = (value: string): value is Closing => Object.hasOwn(CLOSING_MS, value);

/** The dialog for a new poll. */
export function PollDialog({ conversationId }: { conversationId: string }) {
  const conversation = useConversation(conversationId, closeDialog);
  return conversation ? <Editor conversation={conversation} /> : null;
}

function Editor({ conversation }: { conversation: Conversation }) {
  const [question, setQuestion] = useState("");
  // Each has a number of its own, so that a removed one takes no other's text along.
  const [options, setOptions] = useState([1, 2].map((id) => ({ id, text: "" })));
  const [isMultiple, setMultiple] = useState(false);
  const [isAnonymous, setAnonymous] = useState(false);
  const [closing, setClosing] = useState<Closing>("never");
  const [isTried, setTried] = useState(false);
  const written = options.map(({ text }) => text.trim()).filter((text) => text !== "");
  const fault =
    written.length < OPTIONS.min
      ? pollTexts.needsOptions
      : new Set(written).size < written.length
        ? pollTexts.sameOptions
        : undefined;

  function send() {
    setTried(true);
    if (question.trim() === "" || fault) return;
    const after = CLOSING_MS[closing];
    const poll = {
      question: question.trim(),
      options: written,
      multiple: isMultiple,
      anonymous: isAnonymous,
      ...(after === undefined ? {} : { closes_at: new Date(Date.now() + after).toISOString() }),
    };
    sendPoll(conversation, poll).done.catch(() => {});
    closeDialog();
  }

  const setText = (id: number, text: string) =>
    setOptions((before) => before.map((option) => (option.id === id ? { id, text } : option)));
  return (
    <Dialog
      title={pollTexts.title}
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>{texts.design.cancel}</Button>
          <Button kind="primary" onClick={send}>
            {pollTexts.send}
          </Button>
        </>
      }
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Field
          name="question"
          label={pollTexts.question}
          value={question}
          maxLength={QUESTION_MAX}
          errors={isTried && question.trim() === "" ? [pollTexts.needsQuestion] : undefined}
          onInput={setQuestion}
          autofocusInDialog
        />
        {options.map(({ id, text }, i) => (
          <div key={id} class="poll-editor-option">
            <Field
              name={`option-${id}`}
              label={pollTexts.option(i + 1)}
              value={text}
              maxLength={OPTION_MAX}
              onInput={(value) => setText(id, value)}
            />
            {options.length > OPTIONS.min && (
              <IconButton
                icon="close"
                label={pollTexts.removeOption(i + 1)}
                onClick={() => setOptions(options.filter((option) => option.id !== id))}
              />
            )}
          </div>
        ))}
        {options.length < OPTIONS.max && (
          <Button
            kind="quiet"
            icon="add"
            onClick={() => setOptions([...options, { id: Math.max(...options.map(({ id }) => id)) + 1, text: "" }])}
          >
            {pollTexts.addOption}
          </Button>
        )}
        <Switch label={pollTexts.multiple} hint={pollTexts.multipleHint} checked={isMultiple} onChange={setMultiple} />
        <Switch
          label={pollTexts.anonymous}
          hint={pollTexts.anonymousHint}
          checked={isAnonymous}
          onChange={setAnonymous}
        />
        <Select
          label={pollTexts.closes}
          isLabelShown
          value={closing}
          options={Object.entries(pollTexts.closing).map(([value, label]) => ({ value, label }))}
          onChange={(value) => isClosing(value) && setClosing(value)}
        />
        <FormMessage text={isTried ? fault : undefined} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
