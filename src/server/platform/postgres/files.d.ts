/** SQL files that are embedded as they are; the import gives the text. */
declare module "*.sql" {
  const text: string;
  export default text;
}
