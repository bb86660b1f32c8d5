#!/usr/bin/env bash
# Bun 1.4.5, `Bun.Image`: the order of a turn and a mirror, and a picture to cut out of.
#
# A good guess: chains run as they are written, as the documents of sharp say of its own `rotate` and `flop`; the picture
# that `.placeholder()` gives is the ThumbHash itself; and a part of a picture can be cut out, as every such library does.
# Seen: `.flop().rotate(90)` gives the same as `.rotate(90).flop()`: the turn always comes first. There is no crop or
# extract, and no way to the pixels but through an encoded PNG. `.placeholder()` is a PNG of ten times the bytes.
#
# EXIF orientations 5 and 7 are a mirror and then a quarter turn in most tables. Written like that, such a picture comes out
# upside down. Square avatars have to be cut from a small PNG, decoded by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >turn.mjs <<'MJS'
// A BMP with a red pixel at the top left, and white ones beside and below.
const bmp = Buffer.alloc(54 + 4 * 8);
bmp.write("BM");
bmp.writeUInt32LE(bmp.length, 2);
bmp.writeUInt32LE(54, 10);
bmp.writeUInt32LE(40, 14);
bmp.writeInt32LE(2, 18);
bmp.writeInt32LE(4, 22);
bmp.writeUInt16LE(1, 26);
bmp.writeUInt16LE(24, 28);
bmp.fill(255, 54);
bmp.set([0, 0, 255], 54 + 3 * 8);
const hash = async (image) => Bun.hash(await image.png().bytes());
const of = () => new Bun.Image(bmp);
const [a, b] = [await hash(of().flop().rotate(90)), await hash(of().rotate(90).flop())];
console.log(`the order counts: ${a !== b}`);
console.log(`cuts out: ${["crop", "extract"].some((name) => name in Bun.Image.prototype)}`);
console.log(`placeholder: ${(await of().placeholder()).slice(0, 14)}`);
MJS
npx -y --allow-scripts=bun bun@1.4.5 turn.mjs | tee seen
diff seen - <<'SEEN'
the order counts: false
cuts out: false
placeholder: data:image/png
SEEN
