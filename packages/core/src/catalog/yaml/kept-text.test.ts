import { describe, expect, it } from 'vitest';
import { editCatalog } from './edit.js';

/** Text of a catalog after another entry was added. */
const added = (text: string) =>
  editCatalog(text, 'x.yml', { upsert: [{ name: 'z', file: 'z.tar' }] });

describe('an entry that cannot be read', () => {
  it.each([
    ['a text', '  - text\n'],
    ['values of other kinds', "  - { name: a,   file: a.tar, size: 'big' } # why\n"],
    ['a block', '  - name: a\n    file: a.tar\n    size:   big\n    own:\n      - 0x1F\n'],
    ['a text of several lines', '  - |\n    one\n\n      two\n'],
    ['an anchor and a tag', '  - &a !own { name: a, file: a.tar, size: big }\n'],
  ])('keeps its text: %s', (_what, item) => {
    expect(added(`images:\n${item}`)).toContain(item.trimEnd());
  });

  it('keeps the comment before it once', () => {
    const text = added('images:\n  # mine\n  - text\n');
    expect(text.match(/# mine/g)).toHaveLength(1);
    expect(text).toContain('  # mine\n  - text\n');
  });

  it('that is empty stays empty', () => {
    expect(added('images:\n  -\n  - name: b\n    file: b.tar\n')).toMatch(/^ {2}-\n/m);
  });

  it('is indented as the list is', () => {
    expect(added('images:\n- name: a\n  file: a.tar\n  size: big\n')).toContain(
      '\n- name: a\n  file: a.tar\n  size: big\n- name: z\n',
    );
  });

  it('may look like a placeholder', () => {
    const item = `kept-${'0'.repeat(64)}-0`;
    expect(added(`images:\n  - ${item}\n`)).toContain(`  - ${item}\n`);
  });
});
