import { texts } from "../../texts/texts.ts";

/** Says who is typing. The line always has its height, so nothing moves when somebody starts. */
export function TypingLine({ typists }: { typists: ReadonlyMap<number, string> }) {
  return (
    <p class="typing-line" aria-live="polite" aria-atomic="true">
      {typists.size > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true" />
          <bdi>{typingText([...typists.values()])}</bdi>
        </>
      )}
    </p>
  );
}

function typingText(names: readonly string[]): string {
  const { one, two, many } = texts.messages.typing;
  const [first = "", second] = names;
  if (second === undefined) return one(first);
  return names.length === 2 ? two(first, second) : many(first, names.length - 1);
}
