import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { print, printDocument, printJson } from './print.js';
import { formatTable } from './table.js';
import { message, text } from './text.js';

function written(write: (stream: NodeJS.WriteStream) => void, isTTY = false): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  write(stream as unknown as NodeJS.WriteStream);
  return String(stream.read() ?? '');
}

it('escapes line breaks and control characters in values', () => {
  const name = 'a\u001b[31m\nstowage: all is well';
  expect(text`${name}  loaded\n`.content).toBe('a\\x1b[31m\\nstowage: all is well  loaded\n');
  expect(text`${[text`a\n`, 'b\n', 3]}${undefined}${null}`.content).toBe('a\nb\\n3');
});

it('escapes control characters in cells, so that columns stay aligned', () => {
  const { content } = formatTable(['A', 'B'], [['x\ny\u009b', 'z']]);
  expect(content).toBe('A         B\nx\\ny\\x9b  z\n');
});

it('marks the further lines of a message as belonging to it', () => {
  expect(message('first\n::error::x\nstowage: y\n').content).toBe(
    'first\n  | ::error::x\n  | stowage: y',
  );
});

it('prints nothing that a CI system takes for a command', () => {
  const said = text`${'::error::x'}\n${'##vso[x]'}\n`;
  expect(written((stream) => print(stream, said))).toBe('\\x3a:error::x\n\\x23#vso[x]\n');
  const document = { name: '\u009b##[x]' };
  expect(written((stream) => printJson(stream, document))).toBe('{"name":"\\u009b\\u0023#[x]"}\n');
});

it('writes a document unchanged to a pipe, and escaped to a terminal', () => {
  const document = 'FROM a\u001b\n';
  expect(written((stream) => printDocument(stream, document))).toBe(document);
  expect(written((stream) => printDocument(stream, document), true)).toBe('FROM a\\x1b\n');
});
