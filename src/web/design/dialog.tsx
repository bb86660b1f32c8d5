import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { IconButton } from "./button.tsx";
import { useModal } from "./use-modal.ts";
import "./dialog.css";

export interface DialogProps {
  title: string;
  /** Called for Escape, the close button, and a press beside the dialog. The caller then stops rendering it. */
  onClose: () => void;
  /**
   * `side` is a panel at the end of the page. On a phone `side`, `middle` and `wide` fill the page. `top` is for
   * typing.
   */
  shape?: "middle" | "side" | "small" | "top" | "wide";
  /** The dialog has only text, so its body gets the focus and arrow keys scroll it. */
  isText?: boolean;
  /** The buttons at the bottom. The confirming one is last. */
  footer?: ComponentChildren;
  children: ComponentChildren;
}

/** A native modal dialog, open while it is rendered. The focus stays inside, and returns to where it was. */
export function Dialog({ title, onClose, shape = "middle", isText, footer, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  // The focus goes to a field, or else to the title, which screen readers then read.
  useModal(element, heading);
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
