import { useEffect, useRef, useState } from "preact/hooks";
import { accountTexts } from "../texts/account.ts";
import { type FormState, useForm, valuesOf } from "./form.tsx";
import { announce } from "./toast.tsx";

/** Seconds. For a longer wait the form shows the error, and people try again themselves. */
const PATIENCE_S = 300;

interface Wait {
  /** As `Date.now()` counts. */
  until: number;
  /** The reason, for people. */
  text: string;
  cancel: () => void;
}

export interface PatientForm extends FormState {
  /** Set while the form waits before it tries again. */
  wait: Wait | undefined;
}

/**
 * Like `useForm`. If the server asks to wait, the form waits and sends its current values again by itself.
 * @param submit may be called several times
 */
export function usePatientForm(
  known: readonly string[],
  submit: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>,
): PatientForm {
  const [wait, setWait] = useState<Wait>();
  const stop = useRef(() => {});
  useEffect(() => () => stop.current(), []);

  /** Resolves with `true` after the wait, or with `false` if it was cancelled. */
  const pause = (seconds: number, text: string) =>
    new Promise<boolean>((resolve) => {
      const end = (isOver: boolean) => {
        clearTimeout(timer);
        stop.current = () => {};
        setWait(undefined);
        resolve(isOver);
      };
      const timer = setTimeout(() => end(true), seconds * 1_000);
      stop.current = () => end(false);
      // Announced once, without the seconds.
      announce(text);
      setWait({ until: Date.now() + seconds * 1_000, text, cancel: () => end(false) });
    });

  const form = useForm(known, async (_, element) => {
    for (;;) {
      try {
        return await submit(valuesOf(element), element);
      } catch (error) {
        const seconds = secondsOf(error);
        if (seconds === undefined) throw error;
        const { tooMany, tooManyFor, waiting } = accountTexts;
        const isTooMany = error instanceof Error && "code" in error && error.code === "throttled";
        if (seconds <= PATIENCE_S && (await pause(seconds, isTooMany ? tooMany : waiting))) continue;
        throw isTooMany ? new Error(tooManyFor(seconds)) : error;
      }
    }
  });
  return { ...form, wait };
}

/** The seconds that the server asks to wait. */
const secondsOf = (error: unknown): number | undefined =>
  error instanceof Error && "retryAfter" in error && typeof error.retryAfter === "number"
    ? error.retryAfter
    : undefined;
