import fc from 'fast-check';
import { expect, it } from 'vitest';
import { amount, html } from './html.js';

it('escapes text, and inserts markup unchanged', () => {
  const name = `<script>alert("1" & '2')</script>`;
  expect(
    html`<p title="${name}">${html`<b>${3}</b>`}${undefined}${['a', html`<i></i>`]}</p>`.text,
  ).toBe(
    '<p title="&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;"><b>3</b>a<i></i></p>',
  );
});

it('leaves no character of text that could end an attribute or begin an element', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(html`${text}`.text).not.toMatch(/[<>"']/);
      expect(html`${text}`.text).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
    }),
  );
});

it('shows characters that change the order of text', () => {
  expect(html`${'abc\u202etxt.exe'}`.text).not.toContain('\u202e');
});

it.each([
  [0, '0 B'],
  [1536, '1.5 KB'],
  [3 * 2 ** 30, '3 GB'],
])('%i bytes are shown as %s', (count, expected) => {
  expect(amount(count)).toBe(expected);
});
