import { describe, expect, it } from 'vitest';
import { pushedLine } from '../../../testing/stowage.js';

describe('stowage attach', () => {
  it('attaches a file, in a dry run none', async () => {
    const { said, json, image } = await pushedLine();
    const line = `attach ${image} stowage.yaml --type text/x`;
    expect(await said(`${line} --dry-run`)).toMatch(
      new RegExp(`^\\S+@sha256:\\w+ {2}would be attached to ${image}\n$`),
    );
    expect(await json(`tree ${image}`)).toMatchObject({ referrers: [] });
    expect(await said(`${line} --annotation by=ci --annotation why=a=b`)).toMatch(
      new RegExp(` {2}attached to ${image}\n$`),
    );
    expect(await json(`tree ${image}`)).toMatchObject({
      referrers: [{ artifactType: 'text/x', annotations: { by: 'ci', why: 'a=b' } }],
    });
  });

  it('refuses an annotation without a value', async () => {
    const { stowage, image } = await pushedLine();
    const line = `attach ${image} stowage.yaml --type text/x --annotation by`;
    await expect(stowage(line)).rejects.toThrow('expected KEY=VALUE');
  });

  it('exits 3 for a file or an image that is not there', async () => {
    const { stowage, image, host } = await pushedLine();
    for (const args of [`${image} absent`, `${host}/team/absent:1 stowage.yaml`])
      expect((await stowage(`attach ${args} --type text/x`)).code).toBe(3);
  });
});
