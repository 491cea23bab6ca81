/** Names of files that a process of Stowage is writing beside the file that they become, or that it left when it died. */
export const TEMPORARY_FILE = /\.partial$|\.(?:[0-9]{3}|sha256)\.new$/;

/**
 * Names that only Stowage gives, so that they are recognized between files of other programs: archives that are written,
 * and files with a random part in the name.
 */
export const OWN_LEFTOVER =
  /\.(?:writing|resume|[0-9a-f]{12})\.partial$|\.(?:tar(?:\.\w+)?|tgz|tzst)\.[0-9]{3}\.new$/;

/** Leftovers that are written under the lock `<file>.lock`; the process that writes any other may not be known. */
export const LOCKED_LEFTOVER = /\.(?:writing|resume)\.partial$|\.new$/;

/** The file that a leftover was to become: `x.tar` for `x.tar.writing.partial` and `x.tar.001.new`. */
export function fileOfLeftover(path: string): string {
  return path
    .replace(/\.(?:[0-9]{3}\.)?(?:writing|resume)\.partial$|\.[0-9]{3}\.new$/, '')
    .replace(/(?:\.sha256|\.[0-9a-f]{12})?\.partial$/, '');
}
