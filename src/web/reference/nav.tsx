import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../design/icon.tsx";
import { referenceTexts } from "../texts/reference.ts";
import type { Call, Frame, Reference } from "./base/reference.ts";
import { address, linkTo } from "./base/routing.ts";

const { nav: texts } = referenceTexts;

interface Entry {
  id: string;
  label: string;
  /** The method of a call. */
  method?: string;
  /** The filter searches this. */
  text: string;
}

interface Group {
  name: string;
  entries: Entry[];
}

const ofCall = ({ id, method, path, summary }: Call): Entry => ({
  id,
  method,
  label: summary,
  text: `${id} ${method} ${path} ${summary}`,
});
const ofFrame = ({ id, type, summary }: Frame): Entry => ({ id, label: type, text: `${type} ${summary}` });
const ofPage = (id: string, label: string): Entry => ({ id, label, text: label });

/** All calls and frames, by the noun that they are about. */
const groupsOf = ({ nouns, frames }: Reference): Group[] => [
  ...nouns.map(({ name, calls }) => ({ name, entries: calls.map(ofCall) })),
  {
    name: texts.sockets,
    entries: [
      ofPage("sockets", texts.aboutSockets),
      ofPage("console", texts.console),
      ofPage("close-codes", texts.codes),
    ],
  },
  { name: texts.fromClient, entries: frames.filter(({ sender }) => sender === "client").map(ofFrame) },
  { name: texts.fromServer, entries: frames.filter(({ sender }) => sender === "server").map(ofFrame) },
];

/** Whether a text has all words of the filter. */
const matches = ({ text }: Entry, filter: string) => {
  const searched = text.toLowerCase();
  return filter.split(/\s+/).every((word) => searched.includes(word));
};

/**
 * The contents of the reference, with a filter. Enter in the filter opens the first result.
 * @param onOpen is called when an entry is opened
 */
export function Nav({ reference, onOpen }: { reference: Reference; onOpen?: () => void }) {
  const [filter, setFilter] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const wanted = filter.trim().toLowerCase();
  const groups = groupsOf(reference)
    .map(({ name, entries }) => ({
      name,
      entries: wanted === "" ? entries : entries.filter((entry) => matches(entry, wanted)),
    }))
    .filter(({ entries }) => entries.length > 0);
  const found = groups.reduce((sum, { entries }) => sum + entries.length, 0);
  useSlash(input);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [address.value]);

  return (
    <nav class="nav" aria-label={texts.title}>
      <label class="filter">
        <span class="visually-hidden">{texts.filter}</span>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          placeholder={texts.filter}
          value={filter}
          autocomplete="off"
          data-autofocus
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          onKeyDown={({ key }) => {
            const [first] = groups.flatMap(({ entries }) => entries);
            if (key !== "Enter" || wanted === "" || !first) return;
            location.hash = linkTo(first.id);
            onOpen?.();
          }}
        />
      </label>
      <p class={found === 0 ? "nav-found" : "visually-hidden"} role="status">
        {wanted === "" ? "" : texts.found(found)}
      </p>
      <div ref={list} class="nav-list">
        {wanted === "" && (
          <ul>
            <Link entry={ofPage("", texts.overview)} onOpen={onOpen} />
          </ul>
        )}
        {groups.map(({ name, entries }) => (
          <section key={name} class="nav-group">
            <h2>{name}</h2>
            <ul>
              {entries.map((entry) => (
                <Link key={entry.id} entry={entry} onOpen={onOpen} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </nav>
  );
}

function Link({ entry: { id, label, method }, onOpen }: { entry: Entry; onOpen: (() => void) | undefined }) {
  return (
    <li>
      <a href={linkTo(id)} aria-current={address.value === id ? "page" : undefined} onClick={onOpen}>
        <span class="nav-label">{label}</span>
        {method !== undefined && <span class={`method method-${method}`}>{method}</span>}
      </a>
    </li>
  );
}

/** `/` moves the focus to the filter, unless somebody types. */
function useSlash(input: { current: HTMLInputElement | null }) {
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      if (!input.current?.checkVisibility()) return;
      event.preventDefault();
      input.current.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
}
