import { useEffect, useState } from "preact/hooks";

/** So that not each letter is a question. */
const PAUSE_MS = 250;

/** What is typed, once there is a pause. */
export function useDelayed(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
