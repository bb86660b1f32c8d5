import { signal } from "@preact/signals";
import { texts } from "../texts/texts.ts";
import { Button, IconButton } from "./button.tsx";

interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void } | undefined;
  isError: boolean;
}

/** Milliseconds: enough to read twice, and more with a button. */
const SHOWN_MS = 6_000;
const SHOWN_WITH_ACTION_MS = 12_000;

const toasts = signal<readonly Toast[]>([]);
const said = signal("");
let lastId = 0;

/** Shows a message in a corner of the page, also to screen readers. It disappears by itself. */
export function toast(text: string, options: { action?: { label: string; run: () => void }; error?: boolean } = {}) {
  const id = ++lastId;
  const shown = toasts.value.filter((other) => other.text !== text).slice(-2);
  toasts.value = [...shown, { id, text, action: options.action, isError: options.error ?? false }];
  setTimeout(() => dismiss(id), options.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
}

/** Tells a message to screen readers only. */
export function announce(text: string) {
  // Screen readers read only changes, so a repeated text gets an invisible one.
  said.value = said.value === text ? `${text}\u00a0` : text;
}

const dismiss = (id: number) => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

/** Renders the messages of `toast` and `announce`. A page has it once. */
export function ToastLayer() {
  return (
    <>
      <div class="visually-hidden" aria-live="polite" data-announcements>
        {said.value}
      </div>
      <div class="toasts" role="status">
        {toasts.value.map(({ id, text, action, isError }) => (
          <div key={id} class={isError ? "toast toast-error" : "toast"}>
            <span class="toast-text" dir="auto">
              {text}
            </span>
            {action && (
              <Button
                kind="quiet"
                onClick={() => {
                  dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <IconButton icon="close" label={texts.design.dismiss} onClick={() => dismiss(id)} />
          </div>
        ))}
      </div>
    </>
  );
}
