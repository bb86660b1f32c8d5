import type { MetricName, MetricsReport } from "../../../protocol/metrics.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { Moment } from "../parts/moment.tsx";
import { latest } from "./tiles.tsx";

const { overview: texts } = adminTexts;

/** The current figures of each node. Nodes that have ended come last. */
export function Nodes({ report }: { report: MetricsReport }) {
  const nodes = [...report.nodes].sort((a, b) => Number(b.is_alive) - Number(a.is_alive));
  return (
    <section>
      <div class="section-head">
        <h2>{texts.nodes}</h2>
      </div>
      <table class="table">
        <thead>
          <tr>
            <th>{texts.node}</th>
            <th class="number">{texts.plots.connections.title}</th>
            <th class="number">{texts.plots.messages.title}</th>
            <th class="number wide">{texts.lines.p99}</th>
            <th class="number wide">{texts.plots.cpu.title}</th>
            <th class="number wide">{texts.plots.memory.title}</th>
            <th class="wide">{texts.started}</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <Row key={node.id} node={node} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ node }: { node: MetricsReport["nodes"][number] }) {
  const now = (name: MetricName, format: (value: number) => string) => {
    const value = node.is_alive ? latest(node.series[name]) : null;
    return value === null ? "–" : format(value);
  };
  return (
    <tr class={node.is_alive ? undefined : "row-off"}>
      <td>
        <span class="node">
          <span class={node.is_alive ? "dot dot-good" : "dot dot-bad"} aria-hidden="true" />
          <span class="person-texts">
            <span dir="auto">{node.name}</span>
            <span class="soft">
              {node.is_alive ? texts.alive(node.version) : texts.gone(new Date(node.last_at).toISOString())}
            </span>
          </span>
        </span>
      </td>
      <td class="number">{now("connections", adminTexts.number)}</td>
      <td class="number">{now("messages_per_s", texts.perSecond)}</td>
      <td class="number wide">{now("delivery_p99_ms", texts.ms)}</td>
      <td class="number wide">{now("cpu", texts.percent)}</td>
      <td class="number wide">{now("rss_bytes", adminTexts.bytes)}</td>
      <td class="wide">
        <Moment at={node.started_at} ago />
      </td>
    </tr>
  );
}
