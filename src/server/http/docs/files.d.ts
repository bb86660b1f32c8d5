/** Files that are embedded as they are; the import gives the path, or with `type: "text"` the text. */
declare module "*.css" {
  const path: string;
  export default path;
}

declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  const path: string;
  export default path;
}
