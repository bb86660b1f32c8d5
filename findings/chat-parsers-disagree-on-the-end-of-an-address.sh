#!/usr/bin/env bash
# marked 18.2.1, markdown-it 15.0.3, @rocket.chat/message-parser 0.32.0 and discord-markdown-parser 1.3.1: the target that
# each finds for an address in a Japanese sentence, `「https://example.com」を参照` ("see https://example.com").
#
# A good guess: all find https://example.com, because the bracket after it closes the quotation.
# Seen:
#   marked:      https://example.com」を参照
#   markdown-it: https://example.com
#   rocket.chat: no link
#   discord:     https://example.com」を参照
# Two lead to another host, example.xn--com-k03br1a620o2m3b: the bracket and the words after it become a part of its name.
#
# A chat server that shows one link, previews it by a second parser and mails it by a third shows three different things.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund marked@18.2.1 markdown-it@15.0.3 @rocket.chat/message-parser@0.32.0 discord-markdown-parser@1.3.1
cat > try.cjs <<'JS'
const text = "「https://example.com」を参照";
/** The first value of any of these names, at any depth. */
function find(value, names) {
  if (value === null || typeof value !== "object") return undefined;
  for (const [name, part] of Object.entries(value)) {
    if (names.includes(name) && typeof part === "string" && part.includes("example")) return part;
    const found = find(part, names);
    if (found !== undefined) return found;
  }
  return undefined;
}
(async () => {
  const { lexer } = await import("marked");
  const { default: MarkdownIt } = await import("markdown-it");
  const rocket = await import("@rocket.chat/message-parser");
  const discord = await import("discord-markdown-parser");
  const say = (name, target) => console.log(`${name}: ${target === undefined ? "no link" : decodeURI(target)}`);
  say("marked", find(lexer(text), ["href"]));
  const tokens = new MarkdownIt({ linkify: true }).parse(text, {});
  const link = tokens.flatMap(({ children }) => children ?? []).find(({ type }) => type === "link_open");
  say("markdown-it", link?.attrGet("href") ?? undefined);
  const links = JSON.stringify(rocket.parse(text)).includes('"LINK"');
  say("rocket.chat", links ? find(rocket.parse(text), ["value"]) : undefined);
  say("discord", find((discord.default?.parse ?? discord.parse)(text, "normal"), ["target"]));
})();
JS
node try.cjs | tee seen
diff seen - <<'SEEN'
marked: https://example.com」を参照
markdown-it: https://example.com
rocket.chat: no link
discord: https://example.com」を参照
SEEN
