import { effect, type Signal, signal } from "@preact/signals";

/** A signal that this browser remembers. Without storage it lasts as long as the page. */
export function kept<T extends string>(name: string, values: readonly [T, ...T[]], initial: T = values[0]): Signal<T> {
  const key = `confab.${name}`;
  const parse = (text: string | null) => values.find((value) => value === text) ?? initial;
  const value = signal(parse(read(key)));
  effect(() => write(key, value.value));
  // Another tab has changed the value.
  addEventListener("storage", (event) => {
    if (event.key === key) value.value = parse(event.newValue);
  });
  return value;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string) {
  try {
    if (read(key) !== text) localStorage.setItem(key, text);
  } catch {
    // The storage is forbidden. The value lasts as long as the page.
  }
}
