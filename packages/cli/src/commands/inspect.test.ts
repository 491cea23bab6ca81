import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, commandLine, NAME, pushedLine, savedLine } from '../../testing/stowage.js';

describe('stowage inspect', () => {
  it('prints kind, names, digest, platforms and layers', async () => {
    const { said, json } = await savedLine();
    const text = await said(`inspect ${ARCHIVE}`);
    expect(text).toMatch(`${ARCHIVE}  hybrid-archive, its OCI half\n\n`);
    expect(text).toMatch(new RegExp(`^docker\\.io/library/${NAME}:latest {2}\\(`, 'm'));
    expect(text).toMatch(/^ {2}digest {5}sha256:[0-9a-f]{64}$/m);
    expect(text).toMatch(/^ {2}platforms {2}linux\//m);
    expect(text).toMatch(/^ {2}LAYER .*\n {2}[0-9a-f]{12} /m);
    expect(await json(`inspect ${NAME}`)).toMatchObject({ images: [{ layers: [{}] }] });
  });

  it('reads standard input', async () => {
    const { said, cwd, stowage } = await savedLine();
    const { stdout } = await stowage(`copy ${ARCHIVE} -`);
    expect(stdout.length).toBeGreaterThan(1000);
    expect((await readFile(join(cwd, ARCHIVE))).length).toBeGreaterThan(1000);
    expect(await said('inspect -', { stdin: stdout })).toContain(NAME);
  });

  it('shows an artifact with its type and its subject', async () => {
    const { said, json, image } = await pushedLine();
    await said(`attach ${image} stowage.yaml --type text/x`);
    const { referrers } = (await json(`tree ${image}`)) as {
      readonly referrers: readonly { readonly digest: string }[];
    };
    const artifact = `docker://${image.replace(/:1$/, '')}@${referrers[0]?.digest}`;
    const text = await said(`inspect ${artifact}`);
    expect(text).toMatch(/^ {2}artifact {3}text\/x$/m);
    expect(text).toMatch(/^ {2}refers to {2}sha256:/m);
  });

  it('exits 3 where there is nothing', async () => {
    const { stowage } = await commandLine();
    expect(await stowage('inspect absent.tar')).toMatchObject({ code: 3, stdout: '' });
  });
});
