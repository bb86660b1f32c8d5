import { openConversation } from "../base/routing.ts";

/**
 * Only this policy may create a script address, and it has only one (`PAGE_POLICY` in src/server/features/web/routes.ts allows
 * its name).
 */
const WORKER_POLICY = "confab-worker";

declare global {
  interface Window {
    /** The result is not a string, but browsers take it in place of one. */
    trustedTypes?: {
      createPolicy(
        name: string,
        rules: { createScriptURL: (text: string) => string },
      ): { createScriptURL(text: string): string };
    };
  }
}

/**
 * Registers the service worker, which keeps the page for times without a server. Also opens the conversation of a
 * pressed notification.
 */
export async function registerWorker() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (typeof data?.openConversation === "string") openConversation(data.openConversation);
  });
  const policy = window.trustedTypes?.createPolicy(WORKER_POLICY, { createScriptURL: () => "/sw.js" });
  const url = policy?.createScriptURL("") ?? "/sw.js";
  await navigator.serviceWorker.register(url, { updateViaCache: "none" });
}
