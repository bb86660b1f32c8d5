import { signal } from "@preact/signals";

const PREFIX = "confab.draft.";

/** Moves when a draft appears or goes, not with every letter. */
export const draftsRevision = signal(0);

/** Where nothing can be stored: for as long as the page lasts. */
const unstored = new Map<string, string>();

const key = (userId: number, conversationId: string) => `${PREFIX}${userId}.${conversationId}`;

/** What was begun and not sent; an empty text when there is none. */
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
    // A full or forbidden storage: there is nobody to tell while somebody types.
    if (!blank) unstored.set(name, text);
  }
  if (was === blank) draftsRevision.value++;
}

/**
 * The draft of one text field. Tabs share what is stored: each follows what is written in the others. Where two tabs hold
 * different texts, each goes on showing its own, and the longer one is stored.
 */
export class Draft {
  text: string;
  /** The text that this tab last stored or read from the storage. Any other text there is another tab's, and not shown here. */
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

  /** Stores the text that is typed, so that it survives a reload. Blank texts are not stored. */
  change(text: string): void {
    this.text = text;
    if (this.name === undefined || this.userId() === undefined) return;
    const there = held(this.name);
    if (there !== this.known && there.length > text.length) return;
    this.known = text.trim() === "" ? "" : text;
    store(this.name, text);
  }

  /** Follows other tabs, until the function it returns is called. */
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
    // A tab that was frozen has missed what happened in the others.
    const look = () => {
      if (this.name !== undefined && this.text === this.known) this.follow(held(this.name), this.known);
    };
    for (const event of ["focus", "pageshow"]) addEventListener(event, look, { signal });
    // Only now: after a sign-out in another tab nothing may be stored.
    addEventListener("pagehide", () => this.text.trim() !== "" && this.change(this.text), { signal });
    return () => over.abort();
  }

  private follow(now: string, before: string | null) {
    if (now === this.text) {
      this.known = now;
      return;
    }
    // The other tab sent or cleared the same text, or else this tab has a text of its own.
    const isOwn = now === "" ? before !== this.text : this.text !== "" && !isEditOf(now, this.text);
    if (isOwn) {
      if (now !== "" && this.text.length > now.length) this.change(this.text);
      return;
    }
    this.text = this.known = now;
    this.onChange();
  }
}

/** Whether the texts have half of the shorter one in common, at their beginning and their end. */
function isEditOf(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  let start = 0;
  while (start < length && one[start] === other[start]) start++;
  let end = 0;
  while (end < length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return (start + end) * 2 >= length;
}

/** At signing out: nothing that this person wrote stays on the machine. */
export function forgetDrafts(userId: number) {
  const own = key(userId, "");
  for (const name of unstored.keys()) if (name.startsWith(own)) unstored.delete(name);
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(own)) localStorage.removeItem(name);
  } catch {
    // Then none was stored.
  }
  draftsRevision.value++;
}

/** The list shows what is begun in other tabs too. */
export function hearDrafts() {
  addEventListener("storage", ({ key: name, oldValue, newValue }) => {
    if (name?.startsWith(PREFIX) && (oldValue === null || newValue === null)) draftsRevision.value++;
  });
}
