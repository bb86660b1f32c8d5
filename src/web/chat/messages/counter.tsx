import { useEffect, useRef } from "preact/hooks";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";

/** Screen readers say the count when it falls below one of these, and not at each key. */
const STEPS = [500, 200, 100, 50, 20, 0];
const NEAR = 100;

/** Counts the characters that are left, or those that are too many. */
export function Counter({ id, left }: { id: string; left: number }) {
  const { composer } = texts.messages;
  const label = left < 0 ? composer.tooLong(-left) : composer.leftLabel(left);
  const step = left < 0 ? STEPS.length : STEPS.findLastIndex((most) => left <= most);
  const said = useRef(-1);
  useEffect(() => {
    if (step > said.current) announce(label);
    said.current = step;
  }, [step]);
  const state = left < 0 ? " composer-count-over" : left <= NEAR ? " composer-count-near" : "";
  return (
    <span id={id} class={`composer-count${state}`} title={label}>
      <span aria-hidden="true">{composer.left(left)}</span>
      <span class="visually-hidden">{label}</span>
    </span>
  );
}
