import { useEffect, useState } from "preact/hooks";
import { client, directoryOpen } from "../session/session.ts";

/** Nobody else has an account here, as far as that is told; looked at again whenever one comes back to the page. */
export function useIsAlone(): boolean {
  const [isAlone, setAlone] = useState(false);
  useEffect(() => {
    const look = () =>
      client.people("", { limit: 1 }).then(
        ({ total }) => setAlone(total === 0 && directoryOpen),
        () => {},
      );
    void look();
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, []);
  return isAlone;
}
