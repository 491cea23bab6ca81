import { html, type Html } from './html.js';

/** A text to copy: selected as a whole by a click, and with a button where the page runs {@link COPY_SCRIPT}. */
export function copyable(text: string): Html {
  return html`<code data-copy>${text}</code>`;
}

/** A digest to copy, of which only the beginning is visible. */
export function shortDigest(digest: string): Html {
  return html`<code class="short" data-copy>${digest}</code>`;
}

/**
 * Adds a button to each text to copy. The clipboard of browsers needs HTTPS or localhost; elsewhere the text is selected
 * and copied as by the keyboard. The result is announced to screen readers.
 */
export const COPY_SCRIPT = `
const status = document.createElement('p');
status.className = 'hidden';
status.setAttribute('role', 'status');
document.querySelector('main').append(status);
async function copy(code) {
  if (navigator.clipboard) return navigator.clipboard.writeText(code.textContent);
  getSelection().selectAllChildren(code);
  if (!document.execCommand('copy')) throw new Error('not copied');
}
for (const code of document.querySelectorAll('code[data-copy]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy ' + code.textContent);
  button.addEventListener('click', async () => {
    const result = await copy(code).then(() => 'Copied', () => 'Not copied');
    button.textContent = status.textContent = result;
    setTimeout(() => { button.textContent = 'Copy'; status.textContent = ''; }, 2000);
  });
  code.after(button);
}
`;
