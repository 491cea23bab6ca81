import { describe, expect, it } from 'vitest';
import { ARCHIVE, BASE, commandLine, NAME } from '../../testing/stowage.js';

describe('stowage build', () => {
  it('builds into the engine, once', async () => {
    const { said } = await commandLine();
    expect(await said(`build ${BASE}`)).toMatch(`${NAME}:latest  built (embedded, `);
    expect(await said(`build ${BASE}`)).toMatch(`${NAME}:latest  is built already (embedded, `);
    expect(await said(`build ${BASE} --force`)).toMatch('  built (embedded, ');
  });

  it('saves an archive with --save, in a dry run nothing', async () => {
    const { said, json } = await commandLine();
    expect(await said(`build ${BASE} --save --dry-run`)).toContain('saved to');
    expect(await json('ls')).toEqual({ entries: [] });
    expect(await said(`build ${BASE} --save`)).toMatch(`${NAME}:latest  saved to ${ARCHIVE} (`);
    expect(await said(`build ${BASE} --save`)).toMatch(`is in already: ${ARCHIVE} (`);
  });

  it('prints one document for all definitions', async () => {
    const { json } = await commandLine();
    expect(await json(`build ${BASE} --save --platform linux/s390x`)).toMatchObject({
      results: [{ reference: `docker.io/library/${NAME}:latest`, action: 'saved' }],
    });
  });

  it('prints the Dockerfile of steps, unchanged', async () => {
    const { said } = await commandLine({
      [`${BASE}/image.yaml`]:
        'project: app\nos: debian-12\nvariant: base\npackages: [curl]\nbase: debian:12\n',
    });
    const text = await said(`build ${BASE} --print-dockerfile`);
    expect(text).toMatch(/^ARG BASE\nFROM \$\{BASE\}$/m);
    expect(text).toContain('curl');
  });

  it.each([
    ['nowhere', 3, 'nowhere'],
    [`${BASE} --platform linux/`, 2, 'platform'],
    [`${BASE} --update-base`, 2, 'base'],
  ])('%s exits %i', async (args, code, message) => {
    const { stowage } = await commandLine();
    const ran = await stowage(`build ${args}`);
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toContain(message);
  });
});
