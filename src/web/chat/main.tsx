import { render } from "preact";
import { connect } from "../../sdk/index.ts";
import { applyPreferences } from "../design/preferences.ts";
import { toast } from "../design/toast.tsx";
import { texts } from "../texts/texts.ts";
import { followSessionEnd } from "./account/sign-out.ts";
import { App } from "./app.tsx";
import { showUnread } from "./base/page-title.ts";
import { followAddresses } from "./base/routing.ts";
import { listenForShortcuts } from "./base/shortcuts.ts";
import { collectNotices } from "./messages/collected-notices.ts";
import { followDrafts } from "./messages/drafts.ts";
import { followDays } from "./messages/follow-days.ts";
import { notifyOfMessages } from "./notifications/notifications.ts";
import { lockReadConversation } from "./notifications/reading.ts";
import { announceAdded } from "./people/added.ts";
import { followRequests } from "./requests/requests.ts";
import { SessionProvider } from "./session/context.ts";
import { isSignedIn } from "./session/server.ts";
import { createSession } from "./session/session.ts";
import { refuseFiles } from "./shell/refused-files.ts";
import { followVisibleHeight } from "./shell/visible-height.ts";
import { registerWorker } from "./shell/worker.ts";

const session = createSession(connect({ signedIn: isSignedIn }));
const { client } = session;

applyPreferences();
followAddresses();
followDays();
listenForShortcuts();
followSessionEnd(client);
lockReadConversation();
notifyOfMessages(client);
collectNotices(client);
followDrafts();
followRequests(client);
announceAdded(client);
showUnread(client);
refuseFiles();
followVisibleHeight();
// A part of the page may be missing on the server because a new version was installed. If the server is reachable,
// offer a reload.
addEventListener("unhandledrejection", ({ reason }) => {
  if (!(reason instanceof TypeError) || !/import|module/i.test(reason.message)) return;
  if (session.connection.peek().state !== "online") return;
  toast(texts.shell.outdated, { action: { label: texts.design.reload, run: () => location.reload() } });
});
const root = document.getElementById("app");
if (root)
  render(
    <SessionProvider value={session}>
      <App />
    </SessionProvider>,
    root,
  );
// The page must not wait for the worker. Without one, the page only works less well offline.
addEventListener("load", () => void registerWorker().catch(reportError));
