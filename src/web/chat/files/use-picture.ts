import { useEffect, useState } from "preact/hooks";
import type { MessageFile } from "../../../sdk/public/files.ts";
import { forgetLocal, localUrl } from "./local.ts";

/** How far a picture is. One that did not load is tried again when there is a connection again, or when asked. */
export function usePicture(file: MessageFile) {
  const [state, setState] = useState<"loading" | "shown" | "failed">("loading");
  const [attempt, setAttempt] = useState(0);
  const retry = () => {
    setState("loading");
    setAttempt((count) => count + 1);
  };
  const hasFailed = state === "failed";
  useEffect(() => {
    if (!hasFailed) return;
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [hasFailed]);
  return {
    state,
    retry,
    /** Each attempt is an image of its own. */
    key: attempt,
    on: {
      // The blurred form stays until the picture can be drawn.
      onLoad: ({ currentTarget }: { currentTarget: HTMLImageElement }) => {
        const show = () => setState("shown");
        currentTarget.decode().then(show, show);
      },
      onError: () => {
        if (localUrl(file.id) === undefined) return setState("failed");
        // The bytes on this device are gone, so the server's come next.
        forgetLocal(file.id);
        retry();
      },
    },
  };
}
