import swaggerCss from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import swaggerJs from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import { type Served, served } from "../served.ts";
import pageCss from "./page.css" with { type: "file" };
import startJs from "./start.js" with { type: "file" };

const SOURCES = { swaggerJs, swaggerCss, pageCss, startJs };

/** The files of the pages by name, and the URL of each. */
export async function loadAssets() {
  const files = new Map<string, Served>();
  const load = async (key: string, path: string): Promise<[string, string]> => {
    const isScript = key.endsWith("Js");
    const file = served(isScript ? "text/javascript" : "text/css", await Bun.file(path).bytes());
    const name = `${key}-${file.etag.replaceAll('"', "")}.${isScript ? "js" : "css"}`;
    files.set(name, file);
    return [key, `/api/docs/assets/${name}`];
  };
  const urls = Object.fromEntries(await Promise.all(Object.entries(SOURCES).map(([key, path]) => load(key, path))));
  return { files, urls: urls as Record<keyof typeof SOURCES, string> };
}
