import { expect, it } from 'vitest';
import type { TarMember } from '../../../archive/tar/pack-tar.js';
import { fileSync } from './file-sync.js';
import { readMessage, textOf, writeMessage } from './protobuf.js';

const file = (name: string, text = '', more: Partial<TarMember> = {}): TarMember => ({
  name,
  size: Buffer.byteLength(text),
  open: () => [Buffer.from(text)],
  ...more,
});

const MEMBERS = [
  file('docker/Dockerfile', 'FROM scratch\n'),
  file('a-b', 'second', { mode: 0o755 }),
  file('a/b', 'first'),
  file('link', '', { type: 'symlink', mode: 0o777, linkname: 'a/b' }),
];

/** Requests of BuildKit. */
async function* requests(...ids: number[]): AsyncIterable<Uint8Array> {
  for (const id of ids) yield writeMessage({ 1: 1, 3: id });
  yield writeMessage({ 1: 3 });
}

/** The packets that BuildKit gets, in words. */
async function packets(
  headers: Record<string, string>,
  ids: number[] = [],
  members: readonly TarMember[] = MEMBERS,
) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const hidden = new Set(['docker/Dockerfile']);
  const folders = new Map([['further', [file('.dockerignore', '*'), file('f', 'third')]]]);
  const method = fileSync({ members, folders, dockerfile: 'docker/Dockerfile', hidden, onError });
  const words: string[] = [];
  try {
    for await (const packet of method(requests(...ids), headers)) words.push(inWords(packet));
  } catch (error) {
    expect(errors).toEqual([error]);
    throw error;
  }
  return words;
}

function inWords(packet: Uint8Array): string {
  const fields = new Map([...readMessage(packet)].map((field) => [field.number, field]));
  const number = (at: number) => Number(fields.get(at)?.value ?? 0);
  const stat = fields.get(2)?.value;
  if (stat instanceof Uint8Array) {
    const of = new Map([...readMessage(stat)].map((field) => [field.number, field]));
    const [path, link] = [of.get(1), of.get(7)];
    const mode = Number(of.get(2)?.value ?? 0);
    return [path && textOf(path), mode.toString(8), ...(link ? [`-> ${textOf(link)}`] : [])].join(
      ' ',
    );
  }
  if (number(1) === 2)
    return `data ${number(3)}: ${textOf(fields.get(4) ?? { number: 4, value: 0n })}`;
  return ['end of stats', '', '', 'end'][number(1)] ?? '';
}

it('the context is all files but the hidden ones, parents first, and those that are requested', async () => {
  expect(await packets({ 'dir-name': 'context' }, [1, 2])).toEqual([
    'a 20000000755',
    'a/b 644',
    'a-b 755',
    'link 1000000777 -> a/b',
    'end of stats',
    'data 1: first',
    'data 1: ',
    'data 2: second',
    'data 2: ',
    'end',
  ]);
});

it('the Dockerfile is read, though it is hidden', async () => {
  expect(await packets({ 'dir-name': 'dockerfile' }, [1])).toEqual([
    'docker 20000000755',
    'docker/Dockerfile 644',
    'end of stats',
    'data 1: FROM scratch\n',
    'data 1: ',
    'end',
  ]);
});

it('BuildKit gets no rules that leave files out', async () => {
  const members = [...MEMBERS, file('.dockerignore', '*')];
  const headers = { 'dir-name': 'context', followpaths: '.dockerignore' };
  expect(await packets(headers, [], members)).toEqual(['end of stats', 'end']);
});

it('a further context is a folder of its own, without rules', async () => {
  expect(await packets({ 'dir-name': 'further' }, [1])).toEqual([
    ...['.dockerignore 644', 'f 644', 'end of stats', 'data 1: third', 'data 1: ', 'end'],
  ]);
  const headers = { 'dir-name': 'further', followpaths: '.dockerignore' };
  expect(await packets(headers)).toEqual(['end of stats', 'end']);
});

it('an error of reading a file is the error of the build', async () => {
  const open = () => {
    throw new Error('replaced');
  };
  const members = [file('x', 'x', { open })];
  await expect(packets({ 'dir-name': 'context' }, [0], members)).rejects.toThrow('replaced');
});

it('a name that is not UTF-8 is UNSUPPORTED', async () => {
  await expect(packets({ 'dir-name': 'context' }, [], [file('\udcff')])).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  });
});

it('set-ID and sticky bits are sent as Go has them', async () => {
  const members = [file('x', '', { mode: 0o6755 }), file('y', '', { mode: 0o1770 })];
  expect(await packets({ 'dir-name': 'context' }, [], members)).toEqual(
    expect.arrayContaining(['x 60000755', 'y 4000770']),
  );
});
