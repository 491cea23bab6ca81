/**
 * Names of files that an interrupted process of Stowage leaves beside the file that it was writing: `x.tar.partial`,
 * `x.tar.<random>.partial`, and the parts and the list of a new set, `x.tar.001.new` and `x.tar.sha256.new`.
 */
export const LEFTOVER_FILE = /\.partial$|\.(?:[0-9]{3}|sha256)\.new$/;
