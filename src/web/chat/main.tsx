import { render } from "preact";
import { applyPreferences } from "../design/preferences.ts";
import { toast } from "../design/toast.tsx";
import { texts } from "../texts/texts.ts";
import { noticeEnd } from "./account/sign-out.ts";
import { App } from "./app.tsx";
import { showUnread } from "./base/page-title.ts";
import { followAddresses } from "./base/routing.ts";
import { listenForShortcuts } from "./base/shortcuts.ts";
import { hearDrafts } from "./messages/drafts.ts";
import { followDays } from "./messages/follow-days.ts";
import { hearNotices } from "./messages/heard-notices.ts";
import { notifyOfMessages } from "./notifications/notifications.ts";
import { tellWhatIsRead } from "./notifications/reading.ts";
import { noticeAdded } from "./people/added.ts";
import { hearRequests } from "./requests/requests.ts";
import { connection } from "./session/session.ts";
import { refuseFiles } from "./shell/refused-files.ts";
import { followVisibleHeight } from "./shell/visible-height.ts";
import { registerWorker } from "./shell/worker.ts";

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
  toast(texts.shell.outdated, { action: { label: texts.design.reload, run: () => location.reload() } });
});
const root = document.getElementById("app");
if (root) render(<App />, root);
// After the page, which must not wait for it; without it only being offline is less.
addEventListener("load", () => void registerWorker().catch(reportError));
