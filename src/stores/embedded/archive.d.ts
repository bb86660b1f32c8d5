/** A file that is embedded as it is; the import gives its path. */
declare module "*.tar.zst" {
  const path: string;
  export default path;
}
