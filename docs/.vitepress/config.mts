// The documentation site: all pages of docs/, and those beside it that they link to. `npm run docs` builds it.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type DefaultTheme } from 'vitepress';

const ROOT = join(import.meta.dirname, '../..');
/** A file that a page links to and that is not a page. */
const DOWNLOAD = 'docs/grafana-dashboard.json';

export default defineConfig({
  title: 'Stowage',
  description: 'Container images as files in an Nx monorepo',
  lang: 'en',
  // The root of the repository: links to SECURITY.md and others work on the site as they do in the repository.
  srcDir: ROOT,
  srcExclude: ['README.md', '.*/**', 'e2e/**', 'examples/**', 'packages/**', 'tools/**'],
  rewrites: { 'docs/index.md': 'index.md' },
  head: [['meta', { name: 'color-scheme', content: 'light dark' }]],
  markdown: {
    // Links to a heading are written for the pages of the repository, so headings have its anchors.
    anchor: { slugify },
    // No page is a Vue template: `{{.Digest}}` stands for itself.
    config: (md) => {
      for (const rule of ['text', 'code_inline'] as const) {
        const render = md.renderer.rules[rule];
        md.renderer.rules[rule] = (...args) =>
          (render?.(...args) ?? '').replaceAll('{{', '&#123;&#123;');
      }
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Tutorial', link: '/docs/tutorial' },
      { text: 'At a glance', link: '/docs/overview' },
      { text: 'Questions', link: '/docs/faq' },
      // TypeDoc writes it, so the site's router must not look for it.
      { text: 'Library', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      group('Start', {
        'Ten minutes': 'tutorial',
        'Compared with other tools': 'compared',
        'At a glance': 'overview',
        'Questions and answers': 'faq',
        Glossary: 'glossary',
      }),
      group('With an Nx workspace', {
        'Write definitions': 'definitions',
        'Images in CI, and act': 'load-in-ci',
        'The share: one build cache': 'share',
        'Release images': 'release-images',
        'Keep the disk from filling up': 'prune-policies',
      }),
      group('With archives', {
        'Work with archives': 'archives',
        'Air-gapped networks': 'air-gapped',
        'Several machines': 'sync',
        Engines: 'engines',
        'Beside other tools': 'interop',
        'Windows and macOS': 'windows-and-macos',
        'Coming from other tools': 'migrating',
      }),
      group('A registry', {
        'On this machine, and mirrors': 'local-registry',
        'As a service': 'registry-service',
      }),
      group('Reference', {
        'The command line': 'commands',
        'Help of all commands': 'reference/commands',
        'Targets of Nx': 'reference/executors',
        'Generators of Nx': 'reference/generators',
        Files: 'reference/files',
        Security: '/SECURITY',
        Changelog: '/CHANGELOG',
        'Licences of dependencies': 'licences',
      }),
      group('How it works', {
        'How a digest travels': 'how-a-digest-travels',
        'What a thin load does': 'thin-load',
        'How the share hits': 'how-the-share-hits',
        'How bytes move': 'how-bytes-move',
        Design: 'design',
        Architecture: 'architecture',
        Measurements: '/bench/README',
        Decisions: 'adr/README',
      }),
      group('Work on Stowage', {
        Contributing: '/CONTRIBUTING',
        'Code map': 'code-map',
        Style: 'style',
        Debugging: 'debugging',
        Releasing: 'releasing',
      }),
    ],
  },
  buildEnd: ({ outDir }) => cpSync(join(ROOT, DOWNLOAD), join(outDir, DOWNLOAD)),
});

/** The anchor of a heading, as GitHub makes it. */
function slugify(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

function group(text: string, pages: Readonly<Record<string, string>>): DefaultTheme.SidebarItem {
  const items = Object.entries(pages).map(([name, page]) => ({
    text: name,
    link: page.startsWith('/') ? page : `/docs/${page}`,
  }));
  return { text, items, collapsed: false };
}
