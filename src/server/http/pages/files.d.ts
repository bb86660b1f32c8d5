/** A picture that is embedded as text. */
declare module "*.svg" {
  const text: string;
  export default text;
}
