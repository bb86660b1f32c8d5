import type { DailyStatistics } from "../../../protocol/statistics.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { useLoad } from "../base/load.ts";

/** The server counts twice a minute. */
const REFRESH_MS = 30_000;
/** The highest bar's height, in units of the picture. */
const HEIGHT = 100;

const { days: texts } = adminTexts.overview;

/** Messages of the last days, a bar for each. */
export function Days() {
  const { answer } = useLoad<DailyStatistics[]>("statistics/", REFRESH_MS);
  const days = answer?.data ?? [];
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return null;
  const most = Math.max(1, ...days.map(({ messages }) => messages));
  const total = days.reduce((sum, { messages }) => sum + messages, 0);
  return (
    <figure class="plot days">
      <figcaption class="plot-head">
        <h3 data-tip={texts.hint}>{texts.title}</h3>
        <p class="plot-moment soft">{texts.summary(total, last.messages)}</p>
      </figcaption>
      <svg
        class="days-bars"
        viewBox={`0 0 ${days.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${texts.title}. ${texts.summary(total, last.messages)}`}
      >
        {days.map(({ day, messages }, i) => {
          const height = (messages / most) * HEIGHT;
          return (
            <rect key={day} x={i + 0.1} y={HEIGHT - height} width={0.8} height={height}>
              <title>{texts.of(day, messages)}</title>
            </rect>
          );
        })}
      </svg>
      <p class="days-ends soft">
        <span>{texts.day(first.day)}</span>
        <span>{texts.day(last.day)}</span>
      </p>
    </figure>
  );
}
