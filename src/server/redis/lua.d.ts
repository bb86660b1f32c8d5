/** Lua scripts; the import gives their text. */
declare module "*.lua" {
  const text: string;
  export default text;
}
