import type { Scenario } from "../scenario.ts";
import { chat, groupSeats } from "./chat.ts";

export const nodes: Scenario[] = [
  {
    name: "nodes",
    title: "two nodes 100/s",
    about: "The room of `fanout 100/s`, half of its sockets on each of two nodes, beside all of them on one.",
    per: "delivery",
    isComparison: true,
    metrics: ["deliveries", "p50", "p99", "cpuServer", "cpuRedis", "cpuPostgres", "cpu"],
    goals: [{ metric: "cpu", of: "ratio", atMost: 1.25 }],
    async open(services, timing) {
      const home = await services.home("redis");
      const two = await services.confab(home, 2);
      const [first] = two.nodes;
      if (!first) throw new Error("no node was started");
      const one = { ...two, nodes: [first], parts: { ...two.parts, server: [first.pid] } };
      const measure = (system: typeof two) =>
        chat(system, { seats: groupSeats(system), how: { rate: 100 }, per: "delivery" }, timing);
      return {
        sides: [
          { name: "two nodes", measure: () => measure(two) },
          { name: "one node", measure: () => measure(one) },
        ],
        async close() {
          await two.stop();
          home.remove();
        },
      };
    },
  },
];
