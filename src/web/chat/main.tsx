import { render } from "preact";
import { toast } from "../design/toast.tsx";
import { texts } from "../texts/texts.ts";
import { App } from "./app.tsx";
import { listenForShortcuts } from "./keyboard/shortcuts.ts";
import { hearDrafts } from "./messages/drafts.ts";
import { followDays } from "./messages/follow-days.ts";
import { hearNotices } from "./messages/heard-notices.ts";
import { notifyOfMessages } from "./notifications/notifications.ts";
import { tellWhatIsRead } from "./notifications/reading.ts";
import { showUnread } from "./notifications/title.ts";
import { noticeAdded } from "./people/added.ts";
import { hearRequests } from "./requests/requests.ts";
import { followAddresses } from "./routing.ts";
import { connection } from "./session/session.ts";
import { noticeEnd } from "./session/sign-out.ts";
import { registerWorker } from "./session/worker.ts";
import { applyPreferences } from "./settings/preferences.ts";
import { refuseFiles } from "./shell/refused-files.ts";
import { followVisibleHeight } from "./shell/visible-height.ts";

applyPreferences();
followAddresses();
followDays();
listenForShortcuts();
noticeEnd();
tellWhatIsRead();
notifyOfMessages();
hearNotices();
hearDrafts();
hearRequests();
noticeAdded();
showUnread();
refuseFiles();
followVisibleHeight();
// A part that is loaded later may be gone from the server since, if that can be reached: it has a new version.
addEventListener("unhandledrejection", ({ reason }) => {
  if (!(reason instanceof TypeError) || !/import|module/i.test(reason.message)) return;
  if (connection.peek().state !== "online") return;
  toast(texts.shell.outdated, { action: { label: texts.shell.reload, run: () => location.reload() } });
});
const root = document.getElementById("app");
if (root) render(<App />, root);
// After the page, which must not wait for it; without it only being offline is less.
addEventListener("load", () => void registerWorker().catch(reportError));
