import { useEffect, useRef, useState } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { type FormState, useForm, valuesOf } from "./form.tsx";
import { announce } from "./toast.tsx";

/** A person who has to wait longer than this, in s, is told so and tries again when they like. */
const PATIENCE_S = 300;

interface Wait {
  /** As `Date.now()` counts. */
  until: number;
  cancel: () => void;
}

export interface PatientForm extends FormState {
  /** The server has asked to wait: then it is tried again. */
  wait: Wait | undefined;
}

/**
 * As `useForm`; but when the server asks to wait, the form waits and tries again by itself, with what stands in it then.
 * @param submit may be called several times
 */
export function usePatientForm(
  known: readonly string[],
  submit: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>,
): PatientForm {
  const [wait, setWait] = useState<Wait>();
  const stop = useRef(() => {});
  useEffect(() => () => stop.current(), []);

  /** Resolves with whether the time has come. */
  const pause = (seconds: number) =>
    new Promise<boolean>((resolve) => {
      const end = (isOver: boolean) => {
        clearTimeout(timer);
        stop.current = () => {};
        setWait(undefined);
        resolve(isOver);
      };
      const timer = setTimeout(() => end(true), seconds * 1_000);
      stop.current = () => end(false);
      // Once, without the seconds.
      announce(texts.account.waiting);
      setWait({ until: Date.now() + seconds * 1_000, cancel: () => end(false) });
    });

  const form = useForm(known, async (_, element) => {
    for (;;) {
      try {
        return await submit(valuesOf(element), element);
      } catch (error) {
        const seconds = secondsOf(error);
        if (seconds === undefined || seconds > PATIENCE_S || !(await pause(seconds))) throw error;
      }
    }
  });
  return { ...form, wait };
}

/** For how long the server wants to see nothing. */
const secondsOf = (error: unknown): number | undefined =>
  error instanceof Error && "retryAfter" in error && typeof error.retryAfter === "number"
    ? error.retryAfter
    : undefined;
