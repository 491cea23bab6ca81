import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { parseDefinition } from '../definition/definition.js';
import { digestOf } from '../oci/digest.js';
import { listContext } from './context/context.js';
import { hashInputs, type Inputs } from './inputs.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const AMD64 = { os: 'linux', architecture: 'amd64' };

async function hashOf(
  yaml: string,
  files: Readonly<Record<string, string>>,
  more: Partial<Inputs> = {},
): Promise<string> {
  const context = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) await writeFile(`${context}/${path}`, text);
  return hashInputs({
    definition: parseDefinition({ text: HEAD + yaml, path: 'image.yaml' }),
    context,
    files: await listContext(context),
    base: undefined,
    epoch: 0,
    network: undefined,
    platforms: [AMD64],
    ...more,
  });
}

describe('the hash of inputs', () => {
  const COPY = 'copy: [{ from: a, to: /a }]\n';
  const same = () => hashOf(COPY, { a: '1', b: '2' });

  it('is equal for equal inputs in other folders, and for other files that are not used', async () => {
    expect(await same()).toMatch(/^[0-9a-f]{64}$/);
    expect(await same()).toBe(await same());
    expect(await hashOf(COPY, { a: '1', b: 'changed' })).toBe(await same());
  });

  it('is equal for fields that do not change the image', async () => {
    const more = `${COPY}facts: { tools: [x] }\nafter: [other]\nretention: { unused_for: 3d }\n`;
    expect(await hashOf(more, { a: '1' })).toBe(await same());
  });

  it.each<[string, string, Readonly<Record<string, string>>, Partial<Inputs>]>([
    ['content', COPY, { a: '2' }, {}],
    ['definition', `${COPY}user: ada\n`, { a: '1' }, {}],
    ['base', COPY, { a: '1' }, { base: digestOf(Buffer.from('base')) }],
    ['time', COPY, { a: '1' }, { epoch: 1 }],
    ['platforms', COPY, { a: '1' }, { platforms: [{ ...AMD64, variant: 'v2' }] }],
    ['order of platforms', COPY, { a: '1' }, { platforms: [AMD64, AMD64] }],
  ])('differs with another %s', async (_what, yaml, files, more) => {
    expect(await hashOf(yaml, files, more)).not.toBe(await same());
  });

  it('is not taken after an abort', async () => {
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(hashOf(COPY, { a: '1' }, { signal })).rejects.toThrow('stopped');
  });
});
