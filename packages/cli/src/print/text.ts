import { printable } from '@stowage/core';

/** Text for people whose values are escaped already. */
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
 * Text out of what is written here and of values. A value that is no {@link Text} yet may come from elsewhere: it
 * stays on its line. Of a list, all are written one after the other; of null and undefined, nothing.
 */
export function text(strings: TemplateStringsArray, ...values: readonly Value[]): Text {
  return new Text(strings.map((string, at) => string + contentOf(values[at])).join(''));
}

/** A message that may have several lines: those after the first cannot be taken for lines of ours. */
export function message(said: string): Text {
  return new Text(said.trimEnd().split('\n').map(printable).join('\n  | '));
}

function contentOf(value: Value): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Text) return value.content;
  if (typeof value === 'string' || typeof value === 'number') return printable(String(value));
  return value.map(contentOf).join('');
}
