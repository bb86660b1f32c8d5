import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { IconButton } from "./button.tsx";

export interface DialogProps {
  title: string;
  /** Esc, the cross, or a press beside it. Whoever shows the dialog takes it away then. */
  onClose: () => void;
  /** `side` is a panel at the end of the page; on a phone it, `middle` and `wide` fill it. `top` is for something to type. */
  shape?: "middle" | "side" | "small" | "top" | "wide";
  /** There is nothing in it but text: it has the focus itself, so that the arrow keys scroll it. */
  isText?: boolean;
  /** Buttons below, the one that goes on last. */
  footer?: ComponentChildren;
  children: ComponentChildren;
}

/** A native dialog: modal, so the focus stays within and goes back to where it was. Shown while it is rendered. */
export function Dialog({ title, onClose, shape = "middle", isText, footer, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  // At once, so that what is typed after the key that opened it is typed into it.
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (!dialog) return;
    dialog.showModal();
    // Its name is read out, unless there is something to type or choose at once.
    (dialog.querySelector<HTMLElement>("[data-autofocus]") ?? heading.current)?.focus();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog dialog-${shape}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-frame">
        <header class="dialog-header">
          <h2 ref={heading} id={titleId} class="dialog-title" tabIndex={-1} dir="auto">
            {title}
          </h2>
          <IconButton icon="close" label={texts.design.close} keys="Esc" onClick={onClose} />
        </header>
        <div class="dialog-body" tabIndex={isText ? 0 : undefined} data-autofocus={isText}>
          {children}
        </div>
        {footer && <footer class="dialog-footer">{footer}</footer>}
      </div>
    </dialog>
  );
}
