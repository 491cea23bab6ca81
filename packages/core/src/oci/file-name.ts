/*
 * Names such as tags tell upper from lower case and may be any word; names of files may not everywhere. On Windows and
 * macOS `V1` and `v1` are one file; on Windows `con` and `con.txt` are a device, and a dot at the end is dropped. So an
 * upper-case letter is written `!` and its lower-case one, as Go's module cache does, and what else no file may be
 * called gets a `!` where it matters.
 */

/** What Windows takes for a device, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)/;

/** Whether Windows takes a name in lower case for a device rather than a file. */
export function isDeviceName(name: string): boolean {
  return DEVICE.test(name);
}

/** A name of letters, digits and `._-+` as the name of a file: two names are never one file, on any file system. */
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

/** What file systems allow for one name, in characters; names here are ASCII. */
const LONGEST = 255;
const PIECE = 200;

/**
 * A name as a path of one component, or of several where one would be too long for a file system. A component that
 * goes on in the next one ends with `!+`, and the next one begins with `+`: no other name is written so.
 */
export function filePathOf(name: string): string {
  const file = fileNameOf(name);
  if (file.length <= LONGEST) return file;
  const pieces: string[] = [];
  for (let at = 0; at < file.length; at += PIECE) pieces.push(file.slice(at, at + PIECE));
  return pieces.join('!+/+');
}

/** The inverse of {@link filePathOf}, also for several names whose paths were joined: they are given back with `/`. */
export function nameOfFilePath(path: string): string {
  return path.replaceAll('\\', '/').replaceAll('!+/+', '').split('/').map(nameOfFile).join('/');
}
