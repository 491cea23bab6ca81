import { describe, expect, it } from 'vitest';
import { ARCHIVE, NAME, pushedLine, savedLine } from '../../testing/stowage.js';

describe('stowage load', () => {
  it('prints what it did, in a dry run what it would do', async () => {
    const { said } = await savedLine();
    expect(await said(`load ${NAME} --dry-run`)).toMatch(`${NAME}:latest  would load (embedded, `);
    expect(await said(`load ${NAME}`)).toMatch(/ {2}loaded \(embedded, .* sent\)\n$/);
    expect(await said(`load ${NAME}`)).toMatch(/ {2}already there \(embedded, /);
    expect(await said(`load ${ARCHIVE} --as x:1 --dry-run`)).toContain('would name it');
    expect(await said(`load ${ARCHIVE} --as x:1`)).toMatch(/^x:1 {2}already there, named \(/);
  });

  it('prints the sum of several images on the other stream', async () => {
    const { stowage, said } = await savedLine();
    await said(`copy ${NAME} other.tar --as other:1`);
    const { stderr } = await stowage(`load ${NAME} other.tar --progress none`);
    expect(stderr).toMatch(/^2 images, /m);
    expect((await stowage(`load ${NAME} --quiet`)).stderr).toBe('');
  });

  it('takes images from a registry, or from an archive in place of it', async () => {
    const { said, json, image, host } = await pushedLine();
    expect(await said(`load ${image} --no-cache`)).toMatch(`${host}/team/app:1  loaded `);
    await said(`pull ${image} -o app.tar`);
    expect(await json(`load docker://${image} --from app.tar`)).toMatchObject({
      results: [{ action: 'skipped' }],
    });
  });

  it('goes on with --keep-going, and exits with the code of the failure', async () => {
    const { stowage } = await savedLine();
    const { code, stdout, stderr } = await stowage(`load absent.tar ${ARCHIVE} --keep-going`);
    expect(code).toBe(3);
    expect(stdout).toContain(`${NAME}:latest  loaded`);
    expect(stderr).toContain('absent.tar');
  });

  it.each([
    ['absent.tar', 3],
    [`${ARCHIVE} --platform linux/`, 2],
    [`${ARCHIVE} --platform linux/s390x`, 3],
    [`${ARCHIVE} --no-cache`, 2],
  ])('%s exits %i', async (args, code) => {
    const { stowage } = await savedLine();
    expect(await stowage(`load ${args}`)).toMatchObject({ code, stdout: '' });
  });
});
