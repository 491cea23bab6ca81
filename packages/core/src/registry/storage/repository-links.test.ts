import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { describe as describeBytes } from '../../oci/descriptor.js';
import { MediaType } from '../../oci/media-types.js';
import { Quotas } from './quota/quotas.js';
import { blobLink, manifestLink, referrerLink, tagLink } from './registry-paths.js';
import { RepositoryLinks } from './repository-links.js';

const manifest = describeBytes(MediaType.manifest, Buffer.from('manifest'));
const child = describeBytes(MediaType.layer, Buffer.from('layer')).digest;
const subject = describeBytes(MediaType.manifest, Buffer.from('subject')).digest;

async function links() {
  const root = await temporaryFolder();
  return { root, links: new RepositoryLinks(root, new Quotas(root)) };
}

describe('the link of a manifest', () => {
  it('is read as it was written, without annotations and long types', async () => {
    const { links: repository } = await links();
    const long = { ...manifest, artifactType: 'a/b', annotations: { a: 'x' } };
    await repository.writeManifest('app', { descriptor: long, subject, children: [child] });
    expect(repository.manifest('app', manifest.digest)).toEqual({
      descriptor: { ...manifest, artifactType: 'a/b' },
      subject,
      children: [child],
    });
    const longer = { ...manifest, artifactType: `a/${'b'.repeat(300)}` };
    await repository.writeManifest('app', { descriptor: longer, children: [] });
    expect(repository.manifest('app', manifest.digest)).toEqual({
      descriptor: manifest,
      children: [],
    });
  });

  it('makes the manifest a blob of the repository, and a referrer of its subject', async () => {
    const { root, links: repository } = await links();
    await repository.writeManifest('app', { descriptor: manifest, subject, children: [] });
    expect(await readFile(blobLink(root, 'app', manifest.digest), 'utf8')).toBe('');
    const link = referrerLink(root, 'app', { subject, digest: manifest.digest });
    expect(await readFile(link, 'utf8')).toBe('');
    expect(repository.manifest('other', manifest.digest)).toBeUndefined();
  });

  it('that is damaged is INVALID', async () => {
    const { root, links: repository } = await links();
    await repository.writeManifest('app', { descriptor: manifest, children: [] });
    await writeFile(manifestLink(root, 'app', manifest.digest), '{');
    expect(() => repository.manifest('app', manifest.digest)).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });
});

describe('a tag', () => {
  it.each([true, false])('has the digest of its manifest; mirrored: %s', async (isMirrored) => {
    const { links: repository } = await links();
    const tagged = { digest: manifest.digest, isMirrored };
    await repository.writeTag('app', 'V1', tagged);
    expect(repository.tagged('app', 'V1')).toEqual(tagged);
    expect(repository.tagged('app', 'v1')).toBeUndefined();
  });

  it('that is damaged is INVALID', async () => {
    const { root, links: repository } = await links();
    await repository.writeTag('app', '1', { digest: manifest.digest, isMirrored: false });
    await writeFile(tagLink(root, 'app', '1'), 'x');
    expect(() => repository.tagged('app', '1')).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });
});
