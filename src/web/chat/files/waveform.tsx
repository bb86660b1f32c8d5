import { useMemo } from "preact/hooks";

/** Bars that a phone has room for. */
const BARS = 40;
const HEIGHT = 32;
/** The least height of a bar: silence is a row of dots. */
const LEAST = 2;

/** The loudnesses of a voice message, from 0 to 1, as bars. */
function barsOf(waveform: string): number[] {
  const bytes = decode(waveform);
  if (bytes.length === 0) return Array.from({ length: BARS }, () => 0);
  const most = Math.max(1, ...bytes);
  return Array.from({ length: BARS }, (_, bar) => {
    const from = Math.floor((bar * bytes.length) / BARS);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * bytes.length) / BARS));
    return Math.max(...bytes.subarray(from, to)) / most;
  });
}

function decode(waveform: string): Uint8Array {
  try {
    return Uint8Array.from(atob(waveform), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const pathOf = (bars: readonly number[]) =>
  bars
    .map((loudness, bar) => {
      const half = Math.max(LEAST, loudness * (HEIGHT - 4)) / 2;
      return `M${bar + 0.5} ${HEIGHT / 2 - half}v${2 * half}`;
    })
    .join("");

/** Loudnesses from 0 to 1. They only illustrate what stands beside. */
export const Bars = ({ bars, name, clip }: { bars: readonly number[]; name: string; clip?: string }) => (
  <svg
    class={`waveform waveform-${name}`}
    style={clip === undefined ? undefined : { clipPath: clip }}
    viewBox={`0 0 ${bars.length} ${HEIGHT}`}
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <path d={pathOf(bars)} />
  </svg>
);

/** A waveform, filled up to where it has played. It only illustrates the field over it. */
export function Waveform({ waveform, played }: { waveform: string; played: number }) {
  const bars = useMemo(() => barsOf(waveform), [waveform]);
  return (
    <>
      <Bars bars={bars} name="rest" />
      <Bars bars={bars} name="played" clip={`inset(0 ${100 * (1 - played)}% 0 0)`} />
    </>
  );
}
