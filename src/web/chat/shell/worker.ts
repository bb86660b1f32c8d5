import { openConversation } from "../base/routing.ts";

/** A script's address is trusted by this policy alone, and it knows one (http/web.ts allows its name). */
const WORKER_POLICY = "confab-worker";

declare global {
  interface Window {
    /** What it makes is no string, but is taken where a string is. */
    trustedTypes?: {
      createPolicy(
        name: string,
        rules: { createScriptURL: (text: string) => string },
      ): { createScriptURL(text: string): string };
    };
  }
}

/** Lets the worker keep the page for times without a server, and hears what notifications were pressed. */
export async function registerWorker() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (typeof data?.openConversation === "string") openConversation(data.openConversation);
  });
  const policy = window.trustedTypes?.createPolicy(WORKER_POLICY, { createScriptURL: () => "/sw.js" });
  const url = policy?.createScriptURL("") ?? "/sw.js";
  await navigator.serviceWorker.register(url, { updateViaCache: "none" });
}
