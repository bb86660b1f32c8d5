import { useEffect, useState } from "preact/hooks";
import { Spinner } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";

/** Nothing, for the moment in which that is best; then that something is under way. */
const PATIENCE_MS = 400;

export function Starting() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLong) return null;
  return (
    <main class="starting" aria-busy="true">
      <Spinner />
      <p>{texts.shell.starting}</p>
    </main>
  );
}
