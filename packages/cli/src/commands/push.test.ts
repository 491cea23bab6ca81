import { describe, expect, it } from 'vitest';
import { ARCHIVE, NAME, registryHost, savedLine } from '../../testing/stowage.js';

async function start() {
  return { ...(await savedLine()), host: await registryHost() };
}

describe('stowage push', () => {
  it('prints what it sent, in a dry run what it would send', async () => {
    const { said, json, host } = await start();
    const plan = await said(`push ${ARCHIVE} --to ${host} --dry-run`);
    expect(plan).toMatch(/^SOURCE +DESTINATION +DIGEST +TO SEND\n/);
    expect(plan).toContain(`${host}/library/${NAME}:latest`);
    const line = `push ${ARCHIVE} --to ${host} --tag app:1`;
    expect(await said(line)).toMatch(new RegExp(`^${host}/app:1@sha256:\\w+ {2}pushed \\(.* sent`));
    expect(await said(line)).toMatch(/ {2}already there\n$/);
    expect(await json(line)).toMatchObject({ results: [{ action: 'skipped' }] });
  });

  it('takes options of another tool as its own', async () => {
    const { said, host } = await start();
    const text = await said(
      `push --image-archive ${ARCHIVE} --to-registry ${host} --image-tag b:2`,
    );
    expect(text).toContain(`${host}/b:2@sha256:`);
  });

  it('exits 8 for a tag that names another image, if it is told to', async () => {
    const { said, stowage, host } = await start();
    await said(`push ${ARCHIVE} --to ${host} --tag app:1`);
    const other = `push ${ARCHIVE} --to ${host} --tag app:1 --compress gzip`;
    expect((await stowage(`${other} --on-existing-tag error`)).code).toBe(8);
    expect(await said(`${other} --on-existing-tag skip`)).toContain('already there');
    expect(await said(other)).toContain('pushed');
  });

  it.each([
    ['absent.tar', 3],
    [`${ARCHIVE} --base absent.tar`, 3],
  ])('%s exits %i', async (args, code) => {
    const { stowage, host } = await start();
    expect(await stowage(`push ${args} --to ${host}`)).toMatchObject({ code, stdout: '' });
  });
});
