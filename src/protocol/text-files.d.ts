/** Files that are embedded as they are; the import gives the text. */
declare module "*.txt" {
  const text: string;
  export default text;
}
