import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { readCatalog, recordUse } from './file.js';
import { parseRecord } from './record.js';
import { parseUses } from './usage.js';

const NAME = 'app-debian-12-x';
const RECORD = {
  name: NAME,
  reference: `docker.io/library/${NAME}:latest`,
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  facts: { compilers: ['gcc-15'], packages: [], tools: [] },
};

async function place() {
  const workspace = await temporaryFolder();
  const [folder, state] = [join(workspace, 'images'), join(workspace, '.stowage')];
  for (const each of [folder, state]) await mkdir(each);
  return { workspace, folder, state };
}

describe('a record', () => {
  it.each([
    { name: '$(touch /x)' },
    { name: '../x' },
    { name: 'a\nb' },
    { name: 'a'.repeat(129) },
    { reference: 'not a reference' },
    { reference: `a:${'b'.repeat(600)}` },
    { digest: 'sha256:1' },
    { base: { name: 'a\u001bb', digest: RECORD.digest } },
    { facts: { ...RECORD.facts, packages: ['a\nb'] } },
    { facts: { ...RECORD.facts, tools: ['a'.repeat(256)] } },
    { platform: { os: 'linux\n', architecture: 'amd64' } },
  ])('with %j is refused', (changes) => {
    const bytes = Buffer.from(JSON.stringify({ ...RECORD, ...changes }));
    expect(() => parseRecord(bytes, 'x')).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });
});

describe('the journal of uses', () => {
  it.each([
    { name: '$(x)', at: '2026-01-01T00:00:00.000Z' },
    { name: 'a', at: 'yesterday' },
    { name: 'a', at: '9999' },
    { name: 7, at: '2026-01-01T00:00:00.000Z' },
    null,
  ])('ignores the invalid line %j', (line) => {
    expect([...parseUses(`${JSON.stringify(line)}\n`)]).toEqual([]);
  });

  it.each([
    '7',
    '{"generation":-1,"offsets":{},"pending":{}}',
    '{"generation":"../../x","offsets":{},"pending":{}}',
    '{"generation":0,"offsets":[],"pending":{}}',
    `{"generation":0,"offsets":{"0":"x"},"pending":{"$(x)":{"last_used":"x","usage_count":1}}}`,
  ])('is read from the beginning when the fold state is %s', async (folded) => {
    const at = await place();
    await writeFile(join(at.state, 'usage.json'), folded);
    await recordUse(at, NAME, new Date('2026-01-02'));
    await writeFile(
      join(at.folder, 'image-registry.yml'),
      `images: [{ name: ${NAME}, file: x.tar }]\n`,
    );
    expect(await readCatalog(at)).toMatchObject([{ usage_count: 1 }]);
  });

  it('is not written through a symbolic link', async () => {
    const at = await place();
    const target = join(at.workspace, '.bashrc');
    await writeFile(target, '# mine\n');
    await symlink(target, join(at.state, 'usage.0.jsonl'));
    await expect(recordUse(at, NAME, new Date())).rejects.toMatchObject({ code: 'INVALID' });
    expect(await readFile(target, 'utf8')).toBe('# mine\n');
    expect(await readCatalog(at)).toEqual([]);
  });
});

describe('the derived index', () => {
  it.each([
    {},
    { entries: [{ name: 'a' }] },
    { entries: [{ name: 7, file: 'a' }] },
    { entries: [{ name: 'a', file: 'a', packages: [7] }] },
    { seen: { x: [1, 2, 3] } },
    { seen: { x: [1, 2, 3, 'a\u001b'] } },
    { lagging: [7] },
    { problems: [{ name: 'a' }] },
  ])('of an invalid shape is rebuilt: %j', async (changes) => {
    const at = await place();
    const yaml = { size: 0, mtimeMs: 0, sha256: '' };
    const index = { version: 4, yaml, entries: [], problems: [], seen: {} };
    const document = { ...index, lagging: [], ...changes };
    await writeFile(join(at.state, 'catalog.json'), JSON.stringify(document));
    expect(await readCatalog(at)).toEqual([]);
  });
});
