import { useEffect, useState } from "preact/hooks";
import { useSession } from "../session/context.ts";
import { directoryOpen } from "../session/server.ts";

/** Whether nobody else is known to have an account. Checked again whenever the page gets the focus. */
export function useIsAlone(): boolean {
  const { client } = useSession();
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
