import type { MetricName, MetricsReport } from "../../../protocol/metrics.ts";
import { adminTexts } from "../../texts/admin/texts.ts";

const { overview: texts } = adminTexts;

/** The newest known value. Some nodes may not have reported the last moment yet. */
export const latest = (values: readonly (number | null)[]) => values.at(-1) ?? values.at(-2) ?? null;

/** The most important figures. */
export function Tiles({ report }: { report: MetricsReport }) {
  const now = (name: MetricName) => latest(report.total[name]);
  const alive = report.nodes.filter((node) => node.is_alive).length;
  const errors = (now("requests_5xx_per_s") ?? 0) + (now("frame_errors_per_s") ?? 0);
  const p99 = now("delivery_p99_ms");
  const redis = now("redis_up");
  return (
    <ul class="tiles">
      <Tile label={texts.tiles.nodes} value={adminTexts.number(alive)} isBad={alive < 1} />
      <Tile label={texts.tiles.connections} value={adminTexts.number(now("connections") ?? 0)} />
      <Tile label={texts.tiles.messages} value={texts.perSecond(now("messages_per_s") ?? 0)} />
      <Tile label={texts.tiles.delivery} value={p99 === null ? "–" : texts.ms(p99)} />
      <Tile label={texts.tiles.errors} value={texts.perSecond(errors)} isBad={errors > 0} />
      <State label={report.database === "embedded" ? texts.embedded : texts.database} isUp={now("postgres_up") !== 0} />
      {redis !== null && <State label="Redis" isUp={redis !== 0} />}
    </ul>
  );
}

function Tile({ label, value, isBad = false }: { label: string; value: string; isBad?: boolean }) {
  return (
    <li class={isBad ? "tile tile-bad" : "tile"}>
      <span class="tile-label">{label}</span>
      <strong class="tile-value">{value}</strong>
    </li>
  );
}

function State({ label, isUp }: { label: string; isUp: boolean }) {
  return (
    <li class={isUp ? "tile tile-good" : "tile tile-bad"}>
      <span class="tile-label">{label}</span>
      <strong class="tile-value tile-state">
        <span class="dot" aria-hidden="true" />
        {isUp ? texts.up : texts.away}
      </strong>
    </li>
  );
}
