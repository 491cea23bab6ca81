export interface FilesOptions {
  readonly ignore?: readonly string[];
  readonly dot?: boolean;
  /** Symbolic links too; false when omitted, so that a link never leads out of the folder. */
  readonly follow?: boolean;
}

/** Absolute paths of files below a folder, sorted; none where there is no such folder. */
export async function filesMatching(
  cwd: string,
  patterns: readonly string[],
  { ignore = [], dot = false, follow = false }: FilesOptions = {},
): Promise<string[]> {
  // Most commands look for no files at all; they need not wait for it.
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
