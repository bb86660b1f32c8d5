import { signal } from "@preact/signals";

const PREFIX = "confab.draft.";

/** Changes when a draft appears or disappears, not with every letter. */
export const draftsRevision = signal(0);

/** Drafts that the browser can't store. They last as long as the page. */
const unstored = new Map<string, string>();

const key = (userId: number, conversationId: string) => `${PREFIX}${userId}.${conversationId}`;

/** Returns the draft, or an empty text. */
export function draftOf(userId: number | undefined, conversationId: string): string {
  if (userId === undefined) return "";
  const name = key(userId, conversationId);
  return held(name);
}

const held = (name: string) => unstored.get(name) ?? stored(name) ?? "";

function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name: string, text: string) {
  const was = held(name) !== "";
  const blank = text.trim() === "";
  unstored.delete(name);
  try {
    if (blank) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // The storage is full or forbidden. An error message would only disturb the typing.
    if (!blank) unstored.set(name, text);
  }
  if (was === blank) draftsRevision.value++;
}

/**
 * The draft of one text field. Tabs share the stored draft, and each follows changes in the others. If two tabs hold
 * different texts, each shows its own, and the longer one is stored.
 */
export class Draft {
  text: string;
  /** The text that this tab last stored or read. Any other stored text comes from another tab and is not shown here. */
  private known: string;
  private readonly name: string | undefined;

  constructor(
    private readonly userId: () => number | undefined,
    conversationId: string,
    private readonly onChange: () => void,
  ) {
    const id = userId();
    this.name = id === undefined ? undefined : key(id, conversationId);
    this.text = this.known = draftOf(id, conversationId);
  }

  /** Stores the text so that it survives a reload. Blank texts are not stored. */
  change(text: string): void {
    this.text = text;
    if (this.name === undefined || this.userId() === undefined) return;
    const there = held(this.name);
    if (there !== this.known && there.length > text.length) return;
    this.known = text.trim() === "" ? "" : text;
    store(this.name, text);
  }

  /** Follows other tabs until the returned function is called. */
  listen(): () => void {
    const over = new AbortController();
    const { signal } = over;
    addEventListener(
      "storage",
      (event) => event.key === this.name && this.follow(event.newValue ?? "", event.oldValue),
      {
        signal,
      },
    );
    // A frozen tab misses the changes in other tabs.
    const look = () => {
      if (this.name !== undefined && this.text === this.known) this.follow(held(this.name), this.known);
    };
    for (const event of ["focus", "pageshow"]) addEventListener(event, look, { signal });
    // Only at this event: after a sign-out in another tab, nothing may be stored.
    addEventListener("pagehide", () => this.text.trim() !== "" && this.change(this.text), { signal });
    return () => over.abort();
  }

  private follow(now: string, before: string | null) {
    if (now === this.text) {
      this.known = now;
      return;
    }
    // The other tab sent or cleared the same text; otherwise this tab keeps its own text.
    const isOwn = now === "" ? before !== this.text : this.text !== "" && !isEditOf(now, this.text);
    if (isOwn) {
      if (now !== "" && this.text.length > now.length) this.change(this.text);
      return;
    }
    this.text = this.known = now;
    this.onChange();
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
  const own = key(userId, "");
  for (const name of unstored.keys()) if (name.startsWith(own)) unstored.delete(name);
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(own)) localStorage.removeItem(name);
  } catch {
    // If the storage is forbidden, no draft was stored.
  }
  draftsRevision.value++;
}

/** Shows drafts from other tabs in the list. */
export function followDrafts() {
  addEventListener("storage", ({ key: name, oldValue, newValue }) => {
    if (name?.startsWith(PREFIX) && (oldValue === null || newValue === null)) draftsRevision.value++;
  });
}
