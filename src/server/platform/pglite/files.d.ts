/** Files that are embedded as they are; the import gives the path. */
declare module "*.tar.zst" {
  const path: string;
  export default path;
}
