import { InvalidArgumentError } from 'commander';

/** Parses an option `KEY=VALUE` that may be given several times. */
export function parseAnnotation(
  written: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(written) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError('expected KEY=VALUE.');
  return { ...before, [key]: value };
}
