import type { Failure } from "../../base/failure.ts";
import type { BarePage } from "./page.ts";

const HOME = { to: "/", text: "Open the chat" };
const SIGN_IN = { to: "/sign-in", text: "Sign in" };
const AGAIN = { to: "", text: "Try again" };

/** The pause before a page about a server that can't answer loads itself anew, in seconds. */
const RELOAD_S = 5;
/** Pages load anew at different times, so that all of them together are no load for a server that comes back. */
const SPREAD_S = 5;

/**
 * The page about a failure: what happened, and what to do. For a missing address it MUST depend only on the
 * failure's reason. Otherwise people could tell the admin panel from an address without a page.
 * @param reportId the request's id, to be named in a report
 */
export function pageOf(failure: Failure, reportId: string): BarePage {
  switch (failure.reason) {
    case "bad_host":
      return { title: "This address does not lead here", text: sentence(failure.message) };
    case "method_not_allowed":
    case "upgrade_required":
      return {
        title: "This address is for programs",
        text: "Browsers can’t open it. The documentation of the API says what it is for.",
        links: [HOME, { to: "/api/docs/", text: "Documentation" }],
      };
    case "throttled": {
      const seconds = Math.max(RELOAD_S, failure.retryAfter ?? 0);
      return {
        title: "Too many requests",
        text: `Too many requests came from you or your network. This page tries again in ${seconds} seconds.`,
        reloadAfter: seconds,
      };
    }
  }
  switch (failure.status) {
    case 401:
      return { title: "Sign in to open this", text: "This address is for people with an account.", links: [SIGN_IN] };
    case 404:
      return {
        title: "There is no page here",
        text: "Either the address is wrong, or the page is for admins and you are not signed in as one.",
        links: [HOME, SIGN_IN],
      };
    case 503:
      return {
        title: failure.reason === "draining" ? "The server is restarting" : "The server can’t answer right now",
        text: "Part of it is not available at the moment. This page tries again by itself.",
        reloadAfter: Math.max(RELOAD_S, failure.retryAfter ?? 0) + Math.floor(Math.random() * SPREAD_S),
      };
    case 500:
      return {
        title: "Something went wrong",
        text: "The fault is on the server, not on your side. Try again. If it fails again, give an admin this ID.",
        reportId,
        links: [AGAIN, HOME],
      };
    default:
      return { title: "You can’t open this", text: sentence(failure.message), links: [HOME] };
  }
}

/** Most messages of failures have no full stop. */
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
