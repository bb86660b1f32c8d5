import { count, numbers } from "./format.ts";

/** The texts of the reference of the API. Only that page loads them. */
export const referenceTexts = {
  title: "API reference",
  skip: "Skip to the content",
  backToChat: "Back to the chat",
  version: (version: string) => `Version ${version}`,
  couldNotLoad: "Couldn’t load the reference. The server may be down.",
  tryAgain: "Try again",
  copy: "Copy",
  copied: "Copied",

  nav: {
    title: "Contents",
    open: "Contents",
    filter: "Filter by name or path",
    found: (calls: number) => (calls === 0 ? "Nothing found." : `${count(calls, "result", "results")}.`),
    overview: "Overview",
    sockets: "WebSocket",
    aboutSockets: "About the sockets",
    fromClient: "Frames you send",
    fromServer: "Frames you get",
    codes: "Close codes",
    console: "Live console",
  },

  start: {
    nouns: "Calls by subject",
    documents: "For programs",
    documentsText: "The same reference as files, for code generators and other tools:",
  },

  missing: {
    title: "Not found",
    text: "This server’s API has no call or frame with this name.",
    action: "Go to the overview",
  },

  account: {
    signedInAs: "Signed in as",
    signedOut: "Signed out",
    signIn: "Sign in",
    signOut: "Sign out",
    title: "Sign in",
    text: "The calls that you try use your session. The chat in this browser will be signed in too.",
    email: "Email",
    password: "Password",
    waits: "Too many attempts. Trying again in a moment.",
    unreachable: "Couldn’t reach the server.",
    failed: "That did not work. Please try again.",
  },

  call: {
    isPublic: "Needs no session.",
    needsSession: "Needs a session.",
    parameters: "Parameters",
    inPath: "in the path",
    inQuery: "in the query",
    body: "Body",
    answers: "Answers",
    errors: "Errors",
    errorCode: "Code",
    errorStatus: "Status",
    errorMeaning: "Message",
    answer: (status: string) => `Answer ${status}`,
    example: "Example",
    noBody: "No body.",
    noFields: "No fields.",
  },

  schema: {
    required: "required",
    optional: "optional",
    listOf: (type: string) => `list of ${type}`,
    mapOf: (type: string) => `map of ${type}`,
    or: " or ",
    any: "anything",
    oneOf: "One of:",
    always: "Always:",
    example: "Example:",
    default: "Default:",
    above: (name: string) => `The fields of ${name} are shown above.`,
    deeper: "Deeper fields are not shown.",
    length: (least: number | undefined, most: number | undefined) => range(least, most, "character", "characters"),
    items: (least: number | undefined, most: number | undefined) => range(least, most, "item", "items"),
    number: (least: number | undefined, most: number | undefined) => range(least, most),
    unique: "Each item only once",
    pattern: "Pattern:",
  },

  attempt: {
    title: "Try it",
    send: "Send",
    sendLabel: (method: string) => `Send ${method}`,
    body: "Body (JSON)",
    format: "Format",
    reset: "Reset",
    notJson: (why: string) => `This is not JSON: ${why}`,
    notAnObject: "The body must be a JSON object.",
    needed: "Fill this in.",
    notAValue: "This can’t be a part of a path.",
    choose: "Not set",
    askTitle: (method: string, path: string) => `Send ${method} ${path}?`,
    askText: "This call changes real data, with your rights. You may not be able to undo it.",
    socket: "You can’t open a WebSocket with this form. Use the live console.",
    openConsole: "Open the live console",
    copyCurl: "Copy as curl",
    signedOut: "You are signed out. The server will refuse this call.",
    as: (name: string) => `You send this as ${name}.`,
  },

  answer: {
    title: "Answer",
    summary: (status: string, ms: number, bytes: string) => `${status} · ${numbers.format(ms)} ms · ${bytes}`,
    said: (status: string, ms: number) => `The server answered ${status} after ${numbers.format(ms)} ms.`,
    body: "Body of the answer",
    noBody: "The answer has no body.",
    cut: "The rest of the body is not shown.",
    headers: (headers: number) => count(headers, "header", "headers"),
    left: (left: string, limit: string, seconds: string) =>
      `${left} of ${count(Number(limit), "request", "requests")} left for the next ${seconds} s.`,
    retryIn: (seconds: number) => `Too many requests. You can try again in ${numbers.format(seconds)} s.`,
    retryNow: "You can try again now.",
    unreachable: "Couldn’t reach the server. Nothing may have arrived there.",
    foreign: "This address is not on this server, so nothing was sent.",
    confirm: "This call needs your password first.",
    confirmAction: "Go to “Confirms your password”",
  },

  sockets: {
    title: "WebSocket",
    address: "Address",
    only: (address: string) => `Only on ${address}`,
    fromClient: "You send this frame.",
    fromServer: "You get this frame.",
    fields: "Fields",
    codesTitle: "Close codes",
    code: "Code",
    advice: "Reason, and what to do",
  },

  console: {
    title: "Live console",
    text: "Opens a real socket with your session. Frames that you send have their effect.",
    where: "Address",
    conversation: "conversation_id",
    open: "Connect",
    close: "Disconnect",
    opening: "Connecting…",
    isOpen: (path: string) => `Connected to ${path}`,
    isClosed: "Not connected",
    frame: "Frame (JSON)",
    send: "Send frame",
    notConnected: "Connect first.",
    log: "Frames",
    noFrames: "No frames yet.",
    pause: "Pause",
    resume: "Resume",
    waiting: (frames: number) => `Paused. ${count(frames, "new line", "new lines")}.`,
    clear: "Clear",
    sent: "Sent",
    received: "Received",
    note: "Note",
    refused:
      "The server refused the socket. Check that you are signed in, and that you are a member of the conversation.",
    closed: (code: number, reason: string) => `Closed with ${code}.${reason === "" ? "" : ` ${reason}`}`,
    bound: (lines: number) => `Keeps up to ${count(lines, "line", "lines")}.`,
  },
};

/** `3–5 items`, `At most 1 item`. */
function range(least: number | undefined, most: number | undefined, one = "", other = ""): string {
  const amount = (value: number) => (one === "" ? numbers.format(value) : count(value, one, other));
  if (most === undefined) return `At least ${amount(least ?? 0)}`;
  if (least === undefined) return `At most ${amount(most)}`;
  return least === most ? amount(most) : `${numbers.format(least)}–${amount(most)}`;
}
