/** The id of the thread that answers a message: a UUID of version 5, so that a client can make it while it is offline. */
export function threadIdOf(conversationId: string, messageId: string): string {
  const space = conversationId.replaceAll("-", "").match(/../g) ?? [];
  const bytes = [...space.map((hex) => Number.parseInt(hex, 16)), ...new TextEncoder().encode(messageId)];
  const hash = sha1(bytes).slice(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/** SHA-1, which UUIDs of this version are made of. `crypto.subtle` is missing on pages without TLS. */
function sha1(message: readonly number[]): number[] {
  const bits = message.length * 8;
  const padded = [...message, 0x80];
  while (padded.length % 64 !== 56) padded.push(0);
  for (const shift of [56, 48, 40, 32, 24, 16, 8, 0]) padded.push(shift > 24 ? 0 : (bits >>> shift) & 0xff);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let start = 0; start < padded.length; start += 64) {
    const words = Array.from({ length: 16 }, (_, i) =>
      padded.slice(start + 4 * i, start + 4 * i + 4).reduce((word, byte) => (word << 8) | byte, 0),
    );
    const word = (i: number) => words[i] ?? 0;
    for (let i = 16; i < 80; i++) words.push(rotated(word(i - 3) ^ word(i - 8) ^ word(i - 14) ^ word(i - 16), 1));
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let i = 0; i < 80; i++) {
      const mixed = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      const next = (rotated(a, 5) + mixed + e + (ROUNDS[Math.floor(i / 20)] ?? 0) + word(i)) | 0;
      [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
    }
    for (const [i, value] of [a, b, c, d, e].entries()) state[i] = ((state[i] ?? 0) + value) | 0;
  }
  return state.flatMap((value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff));
}

const ROUNDS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
const rotated = (word: number, by: number) => (word << by) | (word >>> (32 - by));
