import { expect, it } from 'vitest';
import { ARCHIVE, NAME, savedLine } from '../../testing/stowage.js';

it('stowage compare prints what differs, and how much does not', async () => {
  const { said, json } = await savedLine();
  await said(`copy ${ARCHIVE} new.tar`);
  await said(`copy ${ARCHIVE} other.tar --as other:1`);
  expect(await said(`compare ${ARCHIVE} new.tar`)).toBe('0 added, 0 changed, 0 gone, 1 the same\n');
  const text = await said(`compare ${ARCHIVE} other.tar`);
  expect(text).toMatch(/^added {4}other:1 {2}/m);
  expect(text).toMatch(new RegExp(`^gone {5}${NAME}:latest {2}`, 'm'));
  expect(text).toMatch(/1 added, 0 changed, 1 gone, 0 the same\n$/);
  await said(`convert ${ARCHIVE} packed.tar --compress gzip`);
  expect(await said(`compare ${ARCHIVE} packed.tar`)).toMatch(/^changed .* -> /);
  expect(await json(`compare ${ARCHIVE} new.tar`)).toMatchObject({ added: [], same: [{}] });
});

it('stowage compare exits 3 where a side is missing', async () => {
  const { stowage } = await savedLine();
  expect(await stowage(`compare ${ARCHIVE} absent.tar`)).toMatchObject({ code: 3, stdout: '' });
});
