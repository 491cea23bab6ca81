import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.js';
import type { EntryYaml } from './yaml/entry.js';
import {
  nameOf,
  reconcile,
  type EntryFacts,
  type Inventory,
  type RecordFacts,
} from './reconcile.js';
import type { ImageRecord } from './record.js';

const DIGEST = digestOf(Buffer.from('image'));
const RECORD: ImageRecord = {
  name: 'app',
  reference: 'docker.io/library/app:1',
  digest: DIGEST,
  diffIds: [],
  facts: { compilers: ['gcc'], packages: [], tools: [] },
};
const ENTRY: EntryYaml = { name: 'app', file: 'app.tar', digest: DIGEST, size: 10, pinned: true };
const FACTS: EntryFacts = { isName: () => true, lags: () => false, usage: new Map(), problems: [] };

const recordOf = (record = RECORD, archiveSize = 10, isOlder = false): RecordFacts => ({
  archiveSize,
  isOlder,
  reference: RECORD.reference,
  read: () => record,
});

function inventory(more: Partial<Inventory> = {}): Inventory {
  return {
    archives: new Map([['app.tar', 10]]),
    elsewhere: new Set(),
    records: new Map([['app.tar', recordOf()]]),
    isShared: false,
    ...more,
  };
}

describe('the state of an archive', () => {
  it.each<[string, Partial<Inventory>, Partial<EntryFacts>]>([
    ['ok', {}, {}],
    ['missing', { archives: new Map() }, {}],
    ['changed', { archives: new Map([['app.tar', 11]]) }, {}],
    ['misnamed', {}, { isName: () => false }],
    ['remote', { archives: new Map(), isShared: true }, {}],
    ['remote', { records: new Map([['app.tar', recordOf(RECORD, 10, true)]]), isShared: true }, {}],
    ['ok', { records: new Map([['app.tar', recordOf(RECORD, 10, true)]]) }, {}],
    ['elsewhere', { elsewhere: new Set(['app.tar']) }, {}],
  ])('is %s', (state, more, facts) => {
    expect(reconcile([ENTRY], inventory(more), { ...FACTS, ...facts })).toMatchObject([
      { name: 'app', state },
    ]);
  });

  it('is misnamed when the file has another name', () => {
    const entry = { ...ENTRY, name: 'other' };
    expect(reconcile([entry], inventory(), FACTS)).toMatchObject([{ state: 'misnamed' }]);
  });
});

it('takes facts about content from a record that differs, and the pin from the entry', () => {
  const found = reconcile([{ ...ENTRY, size: 3, compilers: ['clang'] }], inventory(), {
    ...FACTS,
    lags: () => true,
  });
  expect(found).toMatchObject([{ lags: true, size: 10, compilers: ['gcc'], pinned: true }]);
});

it('reads no record of an entry that agrees with it', () => {
  const records = new Map([
    ['app.tar', { ...recordOf(), read: () => expect.unreachable('read a record') }],
  ]);
  expect(reconcile([ENTRY], inventory({ records }), FACTS)).toHaveLength(1);
});

it('adds archives without an entry, sorted, with what their record says or as orphans', () => {
  const archives = new Map([
    ['z.tar', 1],
    ['new.tar', 10],
    ['app.tar', 10],
    ['gone.tar.zst', 2],
  ]);
  const records = new Map([
    ['app.tar', recordOf()],
    ['new.tar', recordOf({ ...RECORD, name: 'new' })],
    // Deleted after it was listed.
    ['gone.tar.zst', { ...recordOf(), read: () => undefined }],
  ]);
  const found = reconcile([ENTRY], inventory({ archives, records }), FACTS);
  expect(found.map(({ name, state, lags }) => [name, state, lags])).toEqual([
    ['app', 'ok', undefined],
    ['gone', 'orphan', undefined],
    ['new', 'ok', true],
    ['z', 'orphan', undefined],
  ]);
});

it('adds the uses of the journal to those of the entry', () => {
  const at = '2026-01-02T03:04:05.678Z';
  const usage = new Map([['app', { last_used: at, usage_count: 2 }]]);
  const [entry] = reconcile([{ ...ENTRY, usage_count: 3 }], inventory(), { ...FACTS, usage });
  expect(entry).toMatchObject({ usage_count: 5, last_used: at });
});

it.each([
  ['a/b/app.tar', 'app'],
  ['app.tar.gz', 'app'],
  ['app.1.tar', 'app.1'],
  ['app.zip', 'app.zip'],
])('the name of %s is %s', (file, expected) => {
  expect(nameOf(file)).toBe(expected);
});
