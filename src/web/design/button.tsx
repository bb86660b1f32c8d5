import type { ButtonHTMLAttributes, ComponentChildren, Ref } from "preact";
import { Icon, type IconName } from "./icon.tsx";
import { Spinner } from "./spinner.tsx";

type Native = Omit<ButtonHTMLAttributes, "icon" | "label" | "class">;

export interface ButtonProps extends Native {
  /** A page has at most one `primary`. `quiet` has no border. `danger` can't be undone. */
  kind?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName;
  /** The action is running: a second press does nothing, and the focus stays. */
  busy?: boolean;
  wide?: boolean;
  class?: string;
  buttonRef?: Ref<HTMLButtonElement>;
}

export function Button(props: ButtonProps) {
  const { kind = "plain", icon, busy, wide, children, onClick, buttonRef, class: more, ...native } = props;
  return (
    <button
      type="button"
      {...native}
      ref={buttonRef ?? null}
      class={["button", `button-${kind}`, wide && "button-wide", more].filter(Boolean).join(" ")}
      aria-disabled={busy ?? native["aria-disabled"]}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      <span class="button-text">{children}</span>
    </button>
  );
}

export interface IconButtonProps extends Native {
  icon: IconName;
  /** The name for screen readers, also shown as a tooltip. */
  label: string;
  /** Shown in the tooltip: `Ctrl+K`, in the form of `keysText`. */
  keys?: string | undefined;
  danger?: boolean;
  /** Why the button does nothing now, if so. It can still be focused, so everybody can read the reason. */
  reason?: string | undefined;
  /** Shown instead of the icon. */
  face?: ComponentChildren;
  class?: string | undefined;
  buttonRef?: Ref<HTMLButtonElement> | undefined;
}

export function IconButton(props: IconButtonProps) {
  const { icon, label, keys, danger, reason, face, class: more, buttonRef, ...native } = props;
  return (
    <button
      type="button"
      {...native}
      ref={buttonRef ?? null}
      class={["icon-button", danger && "icon-button-danger", more].filter(Boolean).join(" ")}
      aria-label={label}
      aria-disabled={reason === undefined ? native["aria-disabled"] : true}
      aria-description={reason}
      data-tip={reason ?? label}
      data-tip-keys={keys}
    >
      {face ?? <Icon name={icon} />}
    </button>
  );
}
