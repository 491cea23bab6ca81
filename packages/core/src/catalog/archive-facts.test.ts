import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import {
  archiveFactsOf,
  commitArchiveFacts,
  discardStagedFacts,
  readArchiveFacts,
  readStagedFacts,
  removeArchiveFacts,
  stageArchiveFacts,
} from './archive-facts.js';

const FACTS = { digest: `sha256:${'1'.repeat(64)}`, size: 5, sha256: '2'.repeat(64) } as const;

async function archive() {
  const workspace = await temporaryFolder();
  const place = { folder: join(workspace, 'images'), state: join(workspace, '.stowage') };
  return { place, path: join(place.folder, 'app/x.tar') };
}

it('facts are valid once they are committed, until they are removed', async () => {
  const at = await archive();
  await stageArchiveFacts(at, FACTS);
  expect([readStagedFacts(at), readArchiveFacts(at, undefined)]).toEqual([FACTS, undefined]);
  await commitArchiveFacts(at);
  expect([readStagedFacts(at), readArchiveFacts(at, undefined)]).toEqual([undefined, FACTS]);
  await commitArchiveFacts(at);
  await removeArchiveFacts(at);
  expect(readArchiveFacts(at, undefined)).toBeUndefined();
});

it('staged facts are discarded', async () => {
  const at = await archive();
  await stageArchiveFacts(at, FACTS);
  await discardStagedFacts(at);
  expect(readStagedFacts(at)).toBeUndefined();
});

it('without a file, those that an older version wrote into the record count', async () => {
  const at = await archive();
  expect(readArchiveFacts(at, { ...FACTS, name: 'app' })).toEqual(FACTS);
  await mkdir(join(at.place.state, 'archives/app'), { recursive: true });
  await writeFile(join(at.place.state, 'archives/app/x.tar.json'), '{');
  expect(readArchiveFacts(at, FACTS)).toBeUndefined();
});

it('an archive outside the folder of archives has none', async () => {
  const at = await archive();
  expect(() =>
    readArchiveFacts({ ...at, path: join(at.place.folder, '../../../x') }, undefined),
  ).toThrow(expect.objectContaining({ code: 'INVALID' }));
});

it.each([
  ['nothing', undefined],
  ['a list', []],
  ['a negative size', { ...FACTS, size: -1 }],
  ['a size that is no integer', { ...FACTS, size: 0.5 }],
  ['another checksum', { ...FACTS, sha256: 'x' }],
  ['another digest', { ...FACTS, digest: 'x' }],
])('%s has no facts', (_, value) => {
  expect(archiveFactsOf(value)).toBeUndefined();
});
