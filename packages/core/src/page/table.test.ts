import { expect, it } from 'vitest';
import { html } from './html.js';
import { table } from './table.js';

it('a table has a head of titles; those of numbers say so', () => {
  const text = table({ columns: ['Name', '#Size <b>'], label: 'Sizes', rows: [] }).text;
  expect(text).toContain('<th scope="col">Name</th>');
  expect(text).toContain('<th scope="col" class="number">Size &lt;b&gt;</th>');
  expect(text).not.toContain('<caption>');
  expect(text).toContain('tabindex="0" aria-label="Sizes"');
});

it('a table has its caption escaped, and its rows in order', () => {
  const rows = [
    html`<tr>
      <td>${'<1>'}</td>
    </tr>`,
    html`<tr>
      <td>2</td>
    </tr>`,
  ];
  const text = table({ caption: 'A & B', columns: [], rows }).text;
  expect(text.replaceAll(/\s+/g, '')).toContain('<caption>A&amp;B</caption>');
  expect(text.replaceAll(/\s+/g, '')).toContain(
    '<tbody><tr><td>&lt;1&gt;</td></tr><tr><td>2</td></tr></tbody>',
  );
});
