import { printableJson, printableLines } from '@stowage/core';
import { painted } from './paint.js';
import type { Text } from './text.js';

/** Writes text for people. Everything that the command line says goes through here or {@link printJson}. */
export function print(stream: NodeJS.WriteStream, said: Text): void {
  if (!said.isEmpty) stream.write(painted(printableLines(said.content), stream));
}

/** Writes one document on a line of its own. */
export function printJson(stream: NodeJS.WriteStream, document: unknown): void {
  stream.write(`${printableJson(document)}\n`);
}

/** Writes a document that was asked for, as it is; to a terminal, whatever is not seen in it is escaped. */
export function printDocument(stream: NodeJS.WriteStream, document: string): void {
  stream.write(stream.isTTY ? printableLines(document) : document);
}
