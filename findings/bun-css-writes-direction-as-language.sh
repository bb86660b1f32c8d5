#!/usr/bin/env bash
# Bun 1.4.5, `bun build` of a style sheet: `:dir(rtl)` and `inset-inline-start`.
#
# A good guess: both stay as they are, because all browsers of today know them, or follow the direction of the element.
# Seen: both become rules by language. The element counts as right to left when its language is Arabic, Hebrew, Persian …:
#   .a:dir(rtl)             → .a:is(:lang(ae), :lang(ar), …, :lang(yi)), with copies for -webkit-any and -moz-any
#   inset-inline-start: 4px → `left: 4px` by :not(:lang(…)), and `right: 4px` by :is(:lang(…))
#
# A chat lets people turn the page around (`dir="rtl"`) while its texts are in another language, and a page in one language
# shows names and texts of the other direction. Badges, menus and unread marks then stand on the wrong side, and a page in
# a language that the list lacks never turns around.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf '.a:dir(rtl) { scale: -1 1 }\n.b { inset-inline-start: 4px }\n' > page.css
npx -y --allow-scripts=bun bun@1.4.5 build page.css --outdir=out >/dev/null
{
  echo "dir: $(grep -c ':dir(' out/page.css || true)"
  echo "inset-inline-start: $(grep -c 'inset-inline-start' out/page.css || true)"
  echo "by Arabic: $(grep -c '^\.a:is(.*:lang(ar)' out/page.css)"
  echo "left: $(grep -c '^  left: 4px' out/page.css), right: $(grep -c '^  right: 4px' out/page.css)"
} | tee seen
diff seen - <<'SEEN'
dir: 0
inset-inline-start: 0
by Arabic: 1
left: 3, right: 3
SEEN
