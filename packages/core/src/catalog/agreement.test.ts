import { expect, it } from 'vitest';
import { digestOf } from '../oci/digest.js';
import { checkAgreement } from './agreement.js';
import type { ImageRecord } from './record.js';

const REFERENCE = 'docker.io/library/app:1';
const RECORD: ImageRecord = {
  name: 'app',
  reference: REFERENCE,
  digest: digestOf(Buffer.of()),
  diffIds: [],
  facts: { compilers: [], packages: [], tools: [] },
};

it.each([[[REFERENCE]], [[REFERENCE, REFERENCE]], [[]]])('accepts the names %j', (names) => {
  expect(checkAgreement(RECORD, '/images/app.tar', names)).toBeUndefined();
});

it.each([
  ['another name in the archive', '/images/app.tar', [REFERENCE, 'docker.io/library/other:1']],
  ['the record of another archive', '/images/other.tar', [REFERENCE]],
  ['an archive with another suffix', '/images/app.tgz', [REFERENCE]],
])('reports %s as CORRUPT', (_what, path, names) => {
  expect(checkAgreement(RECORD, path, names)).toMatchObject({ code: 'CORRUPT', location: path });
});
