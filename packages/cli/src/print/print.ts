import { printableJson, printableLines } from '@stowage/core';
import { painted } from './paint.js';
import type { Text } from './text.js';

/** Writes text. All output of the commands goes through this, {@link printJson} or {@link printDocument}. */
export function print(stream: NodeJS.WriteStream, said: Text): void {
  if (!said.isEmpty) stream.write(painted(printableLines(said.content), stream));
}

/** Writes one document on a line of its own. */
export function printJson(stream: NodeJS.WriteStream, document: unknown): void {
  stream.write(`${printableJson(document)}\n`);
}

/** Writes a requested document unchanged; on a terminal, control characters are escaped. */
export function printDocument(stream: NodeJS.WriteStream, document: string): void {
  stream.write(stream.isTTY ? printableLines(document) : document);
}
