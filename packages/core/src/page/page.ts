import { createHash } from 'node:crypto';
import { COPY_SCRIPT } from './copyable.js';
import { Html, html } from './html.js';
import { STYLE } from './style.js';

/** A page in parts. */
export interface PageParts {
  readonly title: string;
  /** The part above the main part, on several pages alike. */
  readonly header?: Html | undefined;
  readonly body: Html;
  /** Whether texts to copy get buttons: the only script there is. */
  readonly hasCopyButtons?: boolean;
}

/** A complete page, which works without script and loads nothing. */
export function page({ title, header, body, hasCopyButtons = false }: PageParts): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta http-equiv="content-security-policy" content="${PAGE_POLICY}" />
        <title>${title} · Stowage</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${header === undefined ? undefined : html`<header>${header}</header>`}
        <main>${body}</main>
        ${hasCopyButtons ? new Html(`<script>${COPY_SCRIPT}</script>`) : undefined}
      </body>
    </html> `.text;
}

/** The `Content-Security-Policy` of every page: its own styles and script, by their hashes, and no request except a form's. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(COPY_SCRIPT)}`,
  "form-action 'self'",
  "base-uri 'none'",
].join('; ');

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
