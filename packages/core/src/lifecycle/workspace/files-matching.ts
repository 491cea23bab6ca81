export interface FilesOptions {
  readonly ignore?: readonly string[];
  readonly dot?: boolean;
  /** Follow symbolic links; false when omitted, so that no file outside the folder is found. */
  readonly follow?: boolean;
}

/** Finds files below a folder: absolute paths, sorted; empty if the folder does not exist. */
export async function filesMatching(
  cwd: string,
  patterns: readonly string[],
  { ignore = [], dot = false, follow = false }: FilesOptions = {},
): Promise<string[]> {
  // Loaded on demand: most commands search no files.
  const { glob } = await import('tinyglobby');
  return (
    await glob([...patterns], {
      cwd,
      ignore: [...ignore],
      dot,
      followSymbolicLinks: follow,
      absolute: true,
    })
  ).sort();
}
