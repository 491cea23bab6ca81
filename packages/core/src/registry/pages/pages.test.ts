import { describe, expect, it } from 'vitest';
import { fillRegistry } from '../../../testing/fill-registry.js';
import { writeImage, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { UNRESTRICTED, type Rights } from '../access/access.js';
import { RegistryStore } from '../storage/registry-store.js';
import { PAGES, renderPage } from './pages.js';

async function registry() {
  const reader = new RegistryStore(await temporaryFolder());
  const content = new MemoryStore();
  const image = await writeImage(content, 'r.example/team/app:1.0');
  await writeReferrer(content, image, { artifactType: 'text/sbom' });
  await writeImage(content, 'r.example/other:1', { seed: 'b' });
  await fillRegistry(reader, content);
  const render = (path: string, rights: Rights = UNRESTRICTED, query = '') =>
    renderPage({ reader, rights, host: 'r.example<', path, query: new URLSearchParams(query) });
  return { image, render };
}
const onlyOther: Rights = { allows: (_, name) => name === 'other', readsAll: false, user: 'ada' };

describe('the pages of a registry', () => {
  it('list the repositories that the user may read', async () => {
    const { render } = await registry();
    const all = (await render('/')) ?? '';
    expect(all).toContain(`href="${PAGES}team/app"`);
    expect(all).toContain('r.example&lt;');
    const some = await render('/', onlyOther);
    expect(some).not.toContain('team/app');
    expect(some).toContain(`href="${PAGES}other"`);
  });

  it('show a repository with its tags, and an image with its referrers', async () => {
    const { render, image } = await registry();
    const repository = await render(`${PAGES}team/app`);
    expect(repository).toContain(`${PAGES}team/app@${image.digest}`);
    expect(repository).toContain('linux/amd64');
    const page = await render(`${PAGES}team/app@${image.digest}`);
    expect(page).toContain(image.digest);
    expect(page).toContain('text/sbom');
  });

  it.each(['/-/none', '/-/../x', '/-/team/app@x', `/-/team/app@sha256:${'0'.repeat(64)}`, '/-/'])(
    'are none at %s',
    async (path) => {
      const { render } = await registry();
      expect(await render(path)).toBeUndefined();
    },
  );

  it('are none of what the user may not read', async () => {
    const { render, image } = await registry();
    expect(await render(`${PAGES}team/app`, onlyOther)).toBeUndefined();
    expect(await render(`${PAGES}team/app@${image.digest}`, onlyOther)).toBeUndefined();
  });
});
