import type { MetricRange } from "../../../protocol/metrics.ts";
import { ago, count, numbers } from "../format.ts";
import { clocks, moments, percents, rough, seconds } from "./format.ts";

const utcDays = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const dayOf = (day: string) => utcDays.format(new Date(day));

const ranges: Record<MetricRange, string> = { hour: "Hour", day: "Day" };

/** The texts of the overview: its figures and its plots. */
export const overview = {
  range: "Time range",
  ranges,
  scope: "Nodes shown",
  scopes: { together: "Total", nodes: "Per node" },
  nothingYet: "The first figures appear within five seconds.",
  stale: (why: string) => `${why.replace(/[^.]$/, "$&.")} The figures are out of date until the server answers again.`,
  overTime: "Over time",
  perSecond: (value: number) => `${rough.format(value)}/s`,
  ms: (value: number) => `${rough.format(value)} ms`,
  percent: (value: number) => percents.format(value),
  clock: (moment: number) => clocks.format(moment),
  at: (moment: number) => seconds.format(moment),
  noValues: (label: string) => `${label}: nothing yet.`,
  between: (label: string, least: string, most: string) => `${label}: between ${least} and ${most}.`,
  up: "up",
  away: "away",
  database: "PostgreSQL",
  embedded: "Embedded database",
  nodes: "Nodes",
  node: "Node",
  started: "Started",
  alive: (version: string) => `running ${version}`,
  ended: (name: string) => `${name} (ended)`,
  gone: (time: string) => `last heard ${ago(time, moments)}`,
  days: {
    title: "Messages per day",
    hint: "Messages sent in the last 30 days, by days in UTC",
    summary: (total: number, today: number) => `${numbers.format(total)} in 30 days, ${numbers.format(today)} today`,
    of: (day: string, messages: number) => `${dayOf(day)}: ${count(messages, "message", "messages")}`,
    day: (day: string) => dayOf(day),
  },
  tiles: {
    nodes: "Nodes",
    connections: "Open connections",
    messages: "Messages",
    delivery: "Slowest delivery",
    errors: "Errors",
  },
  plots: {
    connections: { title: "Connections", hint: "Open pages and programs, each with one connection" },
    messages: { title: "Messages", hint: "Messages that people sent, and copies that reached open pages, per second" },
    delivery: {
      title: "Delivery delay",
      hint: "From the arrival of a message until all open pages of the same node have it",
    },
    requests: { title: "HTTP requests", hint: "Answers of the API per second" },
    errors: { title: "Errors", hint: "Failures of the server that it reported to pages and programs, per second" },
    loop: { title: "Event-loop delay", hint: "How long work waits until the process gets to it" },
    cpu: { title: "CPU", hint: "100% is one core" },
    memory: { title: "Memory", hint: "Of the whole process and of its JavaScript heap" },
  },
  lines: {
    sockets: "open",
    stored: "sent",
    delivered: "copies",
    half: "median",
    p99: "slowest 1 in 100",
    fine: "answered (2xx)",
    refused: "refused (4xx)",
    answers: "failed (5xx)",
    frames: "on connections",
    cpu: "used",
    process: "process",
    heap: "heap",
  },
};
