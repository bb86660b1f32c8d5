/** The path of a call. It breaks after a slash, and elsewhere only if a part of it is longer than the line. */
export const Address = ({ path }: { path: string }) => (
  <code dir="ltr">
    {path.split(/(?<=\/)/).map((part, index) => (
      <>
        {index > 0 && <wbr />}
        {part}
      </>
    ))}
  </code>
);
