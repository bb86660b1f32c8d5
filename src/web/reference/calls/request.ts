import type { Call, Parameter } from "../base/reference.ts";

/** The text of each parameter's field by the parameter's name. Empty ones are left out of the request. */
export type Values = Record<string, string>;

/** Calls that can't be taken back, or that use an admin's rights. The page asks before it sends them. */
export const asksFirst = ({ method, path }: Call) =>
  method === "DELETE" || (method !== "GET" && path.startsWith("/api/admin/"));

/** Whether a value would be read as a step to another folder: the request would reach another call. */
export const isStep = ({ place }: Parameter, value: string) => place === "path" && /^\.{1,2}$/.test(value);

/** The path and the query of a call with these values. Path parameters without a value stay as they are written. */
export function pathOf({ path, parameters }: Call, values: Values): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, place } of parameters) {
    const value = values[name] ?? "";
    if (value === "") continue;
    if (place === "query") query.append(name, value);
    else filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
}

/**
 * The same request as a command for a shell.
 */
export function curlOf(
  call: Call,
  values: Values,
  body: string | undefined,
  { origin, cookie }: { origin: string; cookie: string },
): string {
  const url = quoted(origin + pathOf(call, values));
  return [
    call.method === "GET" ? `curl ${url}` : `curl -X ${call.method} ${url}`,
    ...(call.isPublic ? [] : [`-b ${quoted(`${cookie}=YOUR_SESSION`)}`]),
    ...(body === undefined ? [] : [`-H ${quoted("Content-Type: application/json")}`, `-d ${quoted(compact(body))}`]),
  ].join(" \\\n  ");
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function compact(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}
