import { useEffect, useState } from "preact/hooks";

/** Waits for a pause, so that not every letter sends a request. */
const PAUSE_MS = 250;

/** Returns the text that was typed before the last pause. */
export function useDelayed(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
