import { render } from "preact";
import { toast } from "../design/toast.tsx";
import { texts } from "../texts/texts.ts";
import { App } from "./app.tsx";
import { listenForShortcuts } from "./keyboard/shortcuts.ts";
import { notifyOfMessages } from "./notifications/notifications.ts";
import { tellWhatIsRead } from "./notifications/reading.ts";
import { showUnread } from "./notifications/title.ts";
import { followAddresses } from "./routing.ts";
import { noticeEnd } from "./session/sign-out.ts";
import { registerWorker } from "./session/worker.ts";
import { applyPreferences } from "./settings/preferences.ts";

applyPreferences();
followAddresses();
listenForShortcuts();
noticeEnd();
tellWhatIsRead();
notifyOfMessages();
showUnread();
// A part that is loaded later may be gone from the server since: it has a new version.
addEventListener("unhandledrejection", ({ reason }) => {
  if (!(reason instanceof TypeError) || !/import|module/i.test(reason.message) || !navigator.onLine) return;
  toast(texts.shell.outdated, { action: { label: texts.shell.reload, run: () => location.reload() } });
});
const root = document.getElementById("app");
if (root) render(<App />, root);
// After the page, which must not wait for it; without it only being offline is less.
addEventListener("load", () => void registerWorker().catch(reportError));
