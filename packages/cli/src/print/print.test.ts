import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { print, printDocument, printJson } from './print.js';
import { text, Text } from './text.js';

function stream(isTTY = false) {
  const chunks: string[] = [];
  const writable = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  const out = Object.assign(writable, { isTTY }) as unknown as NodeJS.WriteStream;
  return { out, chunks };
}

describe('output', () => {
  it('has its control characters escaped, and keeps its lines', () => {
    const { out, chunks } = stream();
    print(out, text`one ${'t\nwo'}\nthree\n`);
    print(out, new Text('\u001b]0;title\u0007\n'));
    expect(chunks[0]).toMatch(/^one t.*wo\nthree\n$/);
    expect(chunks.join('')).not.toContain('\u001b');
    expect(chunks.join('')).not.toContain('\u0007');
  });

  it('of nothing is nothing', () => {
    const { out, chunks } = stream();
    print(out, text``);
    expect(chunks).toEqual([]);
  });

  it('of JSON is one line, without control characters', () => {
    const { out, chunks } = stream();
    printJson(out, { a: 'x\u009by\nz' });
    expect(JSON.parse(chunks.join(''))).toEqual({ a: 'x\u009by\nz' });
    expect(chunks.join('').trimEnd()).not.toMatch(/\p{Cc}/u);
  });

  it('of a document is unchanged, but for control characters on a terminal', () => {
    const document = 'FROM x\n\u001b[1m';
    const [file, terminal] = [stream(), stream(true)];
    printDocument(file.out, document);
    printDocument(terminal.out, document);
    expect(file.chunks.join('')).toBe(document);
    expect(terminal.chunks.join('')).not.toContain('\u001b');
  });
});
