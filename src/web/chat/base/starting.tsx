import { useEffect, useState } from "preact/hooks";
import { Spinner } from "../../design/spinner.tsx";
import { useStandIn } from "../../design/stand-in.ts";
import { texts } from "../../texts/texts.ts";

/** Shows nothing for a moment, then that the page is loading. A short wait needs no message. */
const PATIENCE_MS = 400;

export function Starting() {
  const [isLong, setLong] = useState(false);
  useStandIn();
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
