import { render } from "preact";
import { connect } from "../../sdk/index.ts";
import { applyPreferences } from "../design/preferences.ts";
import { toast } from "../design/toast.tsx";
import { texts } from "../texts/texts.ts";
import { followSessionEnd } from "./account/sign-out.ts";
import { App } from "./app.tsx";
import { followWidth } from "./base/aside.ts";
import { showUnread } from "./base/page-title.ts";
import { followAddresses, route } from "./base/routing.ts";
import { listenForShortcuts } from "./base/shortcuts.ts";
import { whenInUse } from "./base/when-in-use.ts";
import { followDrafts } from "./messages/drafts.ts";
import { followDays } from "./messages/follow-days.ts";
import { followNames } from "./messages/mentions/names.ts";
import { followNotifications } from "./notifications/follow.ts";
import { lockReadConversation } from "./notifications/reading.ts";
import { announceAdded } from "./people/added.ts";
import { followRequests } from "./requests/requests.ts";
import { SessionProvider } from "./session/context.ts";
import { EarlySocket } from "./session/early-socket.ts";
import { isSignedIn } from "./session/server.ts";
import { createSession } from "./session/session.ts";
import { followThreads } from "./threads/follow.ts";

// The first load needs these small modules, and so do parts that load later. Without a place here, each would be a file of
// its own.
import "../design/avatar.tsx";
import "../design/copy-text.ts";
import "../../text/files.ts";
import "./base/mark.tsx";
import "./messages/composing/answered.ts";
import "./messages/send-options.ts";
import "./uploads/attached.ts";

const session = createSession(connect({ signedIn: isSignedIn, threads: true, WebSocket: EarlySocket }));
const { client } = session;

applyPreferences();
followAddresses();
followDays();
listenForShortcuts();
followSessionEnd(client);
lockReadConversation();
followNotifications(client);
followDrafts();
followRequests(client);
announceAdded(client);
// Its messages are requested as soon as the client is connected, while the page is still being drawn.
const at = route.peek();
const opened = at.page === "conversation" ? client.open(at.id) : undefined;
// It does not wait for the messages: until it is there, a browser opens a dropped file in place of the page.
addEventListener("load", () =>
  import("./uploads/incoming.ts").then(({ followFiles }) => followFiles(client)).catch(reportError),
);
whenInUse(
  async () => opened?.close(),
  () => import("./people/pictures.ts").then(({ followPictures }) => followPictures(client), reportError),
  () => import("./uploads/leaving.ts").then(({ goOnForgetting }) => goOnForgetting(client), reportError),
  () => import("./later/start.ts").then(({ start }) => start(client), reportError),
  () => import("./shell/device.ts").then(({ followDevice }) => followDevice()).catch(reportError),
);
showUnread(client);
followNames(client);
followWidth();
followThreads(client);
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
