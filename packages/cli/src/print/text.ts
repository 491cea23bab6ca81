import { printable } from '@stowage/core';

/** Output text whose values are escaped already. */
export class Text {
  readonly content: string;

  constructor(content: string) {
    this.content = content;
  }

  get isEmpty(): boolean {
    return this.content === '';
  }
}

type Value = Text | string | number | null | undefined | readonly Value[];

/**
 * A template tag for output. Values that are not {@link Text} may be untrusted, so line breaks and control characters
 * in them are escaped. Lists are joined without a separator; null and undefined print nothing.
 */
export function text(strings: TemplateStringsArray, ...values: readonly Value[]): Text {
  return new Text(strings.map((string, at) => string + contentOf(values[at])).join(''));
}

/** A message of several lines; those after the first begin with `|`, so that none looks like output of ours. */
export function message(said: string): Text {
  return new Text(said.trimEnd().split('\n').map(printable).join('\n  | '));
}

function contentOf(value: Value): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Text) return value.content;
  if (typeof value === 'string' || typeof value === 'number') return printable(String(value));
  return value.map(contentOf).join('');
}
