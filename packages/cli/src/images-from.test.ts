import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorkspace } from '@stowage/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { imagesFromOption, withListedImages } from './images-from.js';
import type { Call, CommonOptions } from './verb.js';

async function inputsOf(inputs: readonly string[], imagesFrom?: readonly string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'stowage-from-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'list.txt'), 'nginx:1\nr.example/b\n');
  writeFileSync(join(cwd, 'empty.txt'), '# none\n');
  const call: Call = { cwd, stdin: () => expect.unreachable() };
  const options: CommonOptions = { progress: 'none', ...(imagesFrom ? { imagesFrom } : {}) };
  return withListedImages(await openWorkspace(cwd), inputs, { options, call });
}

describe('the inputs of a command', () => {
  it('are those given, then the images that files name', async () => {
    expect(await inputsOf(['a'], ['list.txt'])).toEqual([
      'a',
      'docker://docker.io/library/nginx:1',
      'docker://r.example/b:latest',
    ]);
    expect(await inputsOf(['a'])).toEqual(['a']);
  });

  it.each([
    [[], undefined, 'name an image or an archive, or give --images-from FILE'],
    [[], ['empty.txt'], '--images-from empty.txt: no image is named there'],
  ])('of %j and %j are USAGE', async (inputs, from, message) => {
    const reading = inputsOf(inputs, from);
    await expect(reading).rejects.toMatchObject({ code: 'USAGE' });
    await expect(reading).rejects.toThrow(message);
  });

  it('may come from several files', () => {
    const { parseArg } = imagesFromOption();
    expect(parseArg?.('b', parseArg('a', undefined))).toEqual(['a', 'b']);
  });
});
