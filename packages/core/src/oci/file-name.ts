/*
 * Tags are case-sensitive and may be any word; file names are more restricted. On Windows and macOS `V1` and `v1` are the
 * same file; on Windows `con` and `con.txt` are devices, and a trailing dot is dropped. So an upper-case letter is encoded
 * as `!` and the lower-case letter, as in Go's module cache, and device names, a trailing dot and `.partial` get a `!`.
 */

/** Device names on Windows, with or without an extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)/;

/** Whether a lower-case name is a device on Windows. */
export function isDeviceName(name: string): boolean {
  return DEVICE.test(name);
}

/** Encodes a name of letters, digits and `._-+` as a file name. Distinct names get distinct files on every file system. */
export function fileNameOf(name: string): string {
  return name
    .replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
    .replace(DEVICE, '$&!')
    .replace(/(?:\.|\.partial)$/, '$&!');
}

/** The inverse of {@link fileNameOf}. */
export function nameOfFile(file: string): string {
  return file.replace(/!([a-z]?)/g, (_, letter: string) => letter.toUpperCase());
}

/** Longest file name that file systems allow, in characters; names here are ASCII. */
const MAX_FILE_NAME = 255;
/** Characters of a longer name in each path component. */
const PIECE_LENGTH = 200;

/**
 * Encodes a name as a path of one component, or of several if it is too long for one. A component that continues ends
 * with `!+`, and the next one begins with `+`; other encoded names never contain `!+`.
 */
export function filePathOf(name: string): string {
  const file = fileNameOf(name);
  if (file.length <= MAX_FILE_NAME) return file;
  const pieces: string[] = [];
  for (let at = 0; at < file.length; at += PIECE_LENGTH)
    pieces.push(file.slice(at, at + PIECE_LENGTH));
  return pieces.join('!+/+');
}

/** The inverse of {@link filePathOf}, also for several joined paths; the names are separated by `/`. */
export function nameOfFilePath(path: string): string {
  return path.replaceAll('\\', '/').replaceAll('!+/+', '').split('/').map(nameOfFile).join('/');
}
