/** Absolute paths of files below a folder, sorted; none where there is no such folder. */
export async function filesMatching(
  cwd: string,
  patterns: readonly string[],
  {
    ignore = [],
    dot = false,
  }: { readonly ignore?: readonly string[]; readonly dot?: boolean } = {},
): Promise<string[]> {
  // Most commands look for no files at all; they need not wait for it.
  const { glob } = await import('tinyglobby');
  return (await glob([...patterns], { cwd, ignore: [...ignore], dot, absolute: true })).sort();
}
