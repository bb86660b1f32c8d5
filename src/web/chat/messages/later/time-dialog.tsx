import { render } from "preact";
import { useState } from "preact/hooks";
import type { Repeat } from "../../../../sdk/index.ts";
import { Button } from "../../../design/button.tsx";
import { Dialog } from "../../../design/dialog.tsx";
import { Select } from "../../../design/select.tsx";
import { laterTexts } from "../../../texts/later.ts";
import { localValue, ownZone } from "./times.ts";
import "./later.css";

export interface ChosenTime {
  at: Date;
  repeat: Repeat | null;
}

interface TimeDialogProps {
  title: string;
  action: string;
  first: Date;
  /** `undefined`: it can't repeat. */
  repeat?: Repeat | null | undefined;
  onChoose: (chosen: ChosenTime) => void;
  onClose: () => void;
}

const REPEATS = ["daily", "weekdays", "weekly", "monthly"] as const;

function TimeDialog({ title, action, first, repeat, onChoose, onClose }: TimeDialogProps) {
  const { custom } = laterTexts;
  const [value, setValue] = useState(localValue(first));
  const [every, setEvery] = useState<Repeat | "">(repeat ?? "");
  const [isWrong, setWrong] = useState(false);
  function choose() {
    const at = new Date(value);
    // The opposite of "in the past", because a date that is not complete is neither.
    if (!(at.getTime() > Date.now())) return setWrong(true);
    onClose();
    onChoose({ at, repeat: every === "" ? null : every });
  }
  return (
    <Dialog
      title={title}
      shape="small"
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={choose}>
          {action}
        </Button>
      }
    >
      <form
        class="time-form"
        onSubmit={(event) => {
          event.preventDefault();
          choose();
        }}
      >
        <label class="field">
          <span class="field-label">{custom.label}</span>
          <span class="field-box">
            <input
              class="field-input"
              type="datetime-local"
              value={value}
              min={localValue(new Date())}
              aria-invalid={isWrong}
              data-autofocus
              onInput={(event) => {
                setWrong(false);
                setValue(event.currentTarget.value);
              }}
            />
          </span>
        </label>
        {isWrong && (
          <p class="field-error" role="alert">
            {custom.past}
          </p>
        )}
        {repeat !== undefined && (
          <Select
            label={custom.repeat}
            isLabelShown
            value={every}
            options={[{ value: "", label: custom.once }, ...REPEATS.map((one) => ({ value: one, label: custom[one] }))]}
            onChange={(chosen) => setEvery(REPEATS.find((one) => one === chosen) ?? "")}
          />
        )}
        {every !== "" && <p class="field-hint">{custom.zone(ownZone())}</p>}
      </form>
    </Dialog>
  );
}

/** Asks for a time, and for a repetition where there can be one. */
export function askTime(props: Omit<TimeDialogProps, "onClose">) {
  const host = document.createElement("div");
  document.body.append(host);
  const close = () => {
    render(null, host);
    host.remove();
  };
  render(<TimeDialog {...props} onClose={close} />, host);
}
