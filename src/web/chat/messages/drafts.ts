import { signal } from "@preact/signals";

const PREFIX = "confab.draft.";
const BASE_PREFIX = "confab.draft-base.";

/** Changes when a draft appears or disappears, not with every letter. */
export const draftsRevision = signal(0);

/** Drafts that the browser can't store. They last as long as the page. */
const unstored = new Map<string, string>();

/** The key of a draft in the storage. Keys that begin with it are forgotten with it at sign-out. */
export const draftKey = (userId: number, conversationId: string) => `${PREFIX}${userId}.${conversationId}`;
/** Changes when the person signs out in any tab. From then on, no page of before may store a draft. */
const endKey = (userId: number) => `confab.signed-out.${userId}`;
/** Appears and disappears just before a tab replaces a text that it never showed. So no other tab takes that for an edit. */
const REPLACING = ".replacing";

/** The key of the state of the server on which a stored draft is based. */
export const baseKey = (userId: number, conversationId: string) => `${BASE_PREFIX}${userId}.${conversationId}`;

/** The draft of each open text field, by its conversation. */
export const openDrafts = new Map<string, Draft>();

/** The part that loads later, and keeps drafts the same on all devices. */
interface DeviceDrafts {
  typed(conversationId: string): void;
  offerFor(conversationId: string): string | undefined;
  keep(conversationId: string): void;
}
let devices: DeviceDrafts | undefined;
export const setDeviceDrafts = (there: DeviceDrafts) => {
  devices = there;
};

/** Another device has changed a draft that was not touched here. */
export function storeDraft(userId: number | undefined, conversationId: string, text: string): void {
  if (userId === undefined) return;
  const open = openDrafts.get(conversationId);
  if (open) open.replace(text);
  else store(draftKey(userId, conversationId), text);
}

/** Returns the draft, or an empty text. */
export function draftOf(userId: number | undefined, conversationId: string): string {
  if (userId === undefined) return "";
  const name = draftKey(userId, conversationId);
  return unstored.get(name) ?? stored(name);
}

export function stored(name: string): string {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

const isBlank = (text: string) => text.trim() === "";

/** Stores a text, or removes a blank one. Returns what is stored then. */
function store(name: string, text: string): string {
  const had = unstored.has(name) || stored(name) !== "";
  unstored.delete(name);
  try {
    if (isBlank(text)) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // The storage is full or forbidden. An error message would only disturb the typing.
    if (!isBlank(text)) unstored.set(name, text);
  }
  if (had === isBlank(text)) draftsRevision.value++;
  return stored(name);
}

/**
 * The draft of one text field. All tabs share one stored draft, by these rules:
 * - A tab follows an edit, a send or a deletion of exactly the text that it shows.
 * - Otherwise each tab keeps its own text, and the longest of them is stored. When it is sent, the next one is.
 * - A tab with a shorter text offers the stored one.
 */
export class Draft {
  text: string;
  /** The stored text as this tab last read or wrote it. Any other one comes from another tab and is not shown here. */
  private known: string;
  private readonly name: string | undefined;
  private readonly end: string;

  constructor(
    private readonly userId: () => number | undefined,
    private readonly conversationId: string,
    readonly onChange: () => void,
  ) {
    const id = userId();
    this.name = id === undefined ? undefined : draftKey(id, conversationId);
    this.end = id === undefined ? "" : stored(endKey(id));
    this.text = draftOf(id, conversationId);
    this.known = this.name === undefined ? "" : stored(this.name);
  }

  /** The draft of another tab or device, if it is longer than the text in this one. */
  get offer(): string | undefined {
    const there = this.name === undefined ? "" : stored(this.name);
    const isOffered = there !== this.known && there.length > this.text.length;
    return isOffered ? there : devices?.offerFor(this.conversationId);
  }

  /** The text here stays, whatever another device has. */
  keepOwn(): void {
    devices?.keep(this.conversationId);
  }

  /** Takes over the text of another device. */
  replace(text: string): void {
    this.text = text;
    if (this.name !== undefined) this.known = store(this.name, text);
    this.onChange();
  }

  /** Stores the text so that it survives a reload, unless another tab has a longer one. Blank texts are not stored. */
  change(text: string): void {
    this.text = text;
    devices?.typed(this.conversationId);
    const id = this.userId();
    if (this.name === undefined || id === undefined || stored(endKey(id)) !== this.end) return;
    const there = stored(this.name);
    if (there === text) this.known = there;
    if (there === text || (there !== this.known && there.length > text.length)) return;
    if (there !== this.known) touch(this.name + REPLACING);
    this.known = store(this.name, text);
  }

  /** Follows other tabs until the returned function is called. */
  listen(): () => void {
    const over = new AbortController();
    const { signal } = over;
    openDrafts.set(this.conversationId, this);
    signal.addEventListener("abort", () => {
      if (openDrafts.get(this.conversationId) === this) openDrafts.delete(this.conversationId);
    });
    let isReplaced = false;
    onStored((name, now, before) => {
      if (name === this.name + REPLACING) isReplaced = true;
      if (name !== this.name) return;
      this.follow(now, isReplaced ? undefined : before);
      isReplaced = false;
    }, signal);
    // A frozen tab misses the changes in other tabs.
    const look = () => {
      if (this.name !== undefined && this.text === this.known) this.follow(stored(this.name), this.known);
      else this.keep();
    };
    for (const event of ["focus", "pageshow"]) addEventListener(event, look, { signal });
    addEventListener("pagehide", () => this.keep(), { signal });
    return () => over.abort();
  }

  /** @param before the text that was edited to this one, sent or deleted; `undefined`: it belongs to another tab */
  private follow(now: string, before: string | undefined) {
    const isShown = before === this.text;
    const follows = now === "" ? isShown : isBlank(this.text) || (isShown && isEditOf(now, this.text));
    if (!follows || now === this.text) this.keep();
    else this.text = this.known = now;
    this.onChange();
  }

  /** Stores the text again if it is the longest. Of two equally long ones, one stays: tabs must come to rest. */
  private keep() {
    if (this.name !== undefined && stored(this.name).length < this.text.length && !isBlank(this.text))
      this.change(this.text);
  }
}

function touch(name: string) {
  try {
    localStorage.setItem(name, "1");
    localStorage.removeItem(name);
  } catch {
    // Nothing can be stored, so nothing is replaced.
  }
}

/** Whether the beginnings and ends of the texts have half of the shorter one in common. */
function isEditOf(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  let start = 0;
  while (start < length && one[start] === other[start]) start++;
  let end = 0;
  while (end < length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return (start + end) * 2 >= length;
}

/** Removes all drafts of this person from the device, at sign-out. */
export function forgetDrafts(userId: number) {
  const own = [draftKey(userId, ""), baseKey(userId, "")];
  const isOwn = (name: string) => own.some((prefix) => name.startsWith(prefix));
  for (const name of unstored.keys()) if (isOwn(name)) unstored.delete(name);
  try {
    localStorage.setItem(endKey(userId), `${Date.now()}`);
  } catch {
    // The storage is full. Pages that are still open see in another way that the session has ended.
  }
  try {
    for (const name of Object.keys(localStorage)) if (isOwn(name)) localStorage.removeItem(name);
  } catch {
    // If the storage is forbidden, no draft was stored.
  }
  draftsRevision.value++;
}

/** Shows drafts from other tabs in the list. */
export function followDrafts() {
  onStored((name, now, before) => {
    if (name.startsWith(PREFIX) && !name.endsWith(REPLACING) && (now === "" || before === "")) draftsRevision.value++;
  });
}

/** Calls the listener when another tab stores or removes a text. No text is an empty one. */
function onStored(listener: (name: string, now: string, before: string) => void, signal?: AbortSignal) {
  const listen = (event: Event) => {
    if ("key" in event && "newValue" in event && "oldValue" in event)
      listener(String(event.key), String(event.newValue ?? ""), String(event.oldValue ?? ""));
  };
  addEventListener("storage", listen, signal ? { signal } : {});
}
