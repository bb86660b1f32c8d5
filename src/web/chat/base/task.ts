import { useRef, useState } from "preact/hooks";
import { texts } from "../../texts/texts.ts";

/** Runs one task at a time, and keeps the error of the last one. */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const running = useRef(false);
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setFault(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setFault(error instanceof Error ? error.message : texts.design.failed);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }
  return { busy, fault, run };
}
