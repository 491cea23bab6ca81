import { ImageError } from '@stowage/core';

/** The values of the tokens in options. */
export interface TokenValues {
  readonly projectName: string;
  readonly version?: string | undefined;
  /** Full hash of the commit. */
  readonly revision?: string | undefined;
  readonly now: Date;
}

/**
 * Replaces tokens in the text of an option: `{projectName}`, `{version}`, `{commitSha}`, `{shortCommitSha}`, `{currentDate}`, and
 * `{currentDate|FORMAT}` with YYYY, YY, MM, DD, HH, mm and ss of UTC, as in `nx release`.
 *
 * @throws ImageError USAGE (no such token, or no value for it)
 */
export function expandTokens(option: string, text: string, values: TokenValues): string {
  return text.replace(/\{([^{}|]*)(?:\|([^{}]*))?\}/g, (token, name: string, format?: string) => {
    const value = valueOf(name, format, values);
    if (value !== undefined) return value;
    const isKnown = KNOWN.has(name);
    throw new ImageError(
      'USAGE',
      `${option} ${JSON.stringify(text)}: ${isKnown ? `there is no value for ${token}` : `expected a known token, got ${token}`}`,
      {
        hint: isKnown
          ? 'A version comes from nx release, or from a tag of git at this commit; a hash from git.'
          : `Known are ${[...KNOWN].map((each) => `{${each}}`).join(', ')}.`,
      },
    );
  });
}

const KNOWN: ReadonlySet<string> = new Set([
  'projectName',
  'version',
  'commitSha',
  'shortCommitSha',
  'currentDate',
]);

function valueOf(
  name: string,
  format: string | undefined,
  { projectName, version, revision, now }: TokenValues,
): string | undefined {
  if (name === 'currentDate') return formatDate(now, format ?? 'YYYY-MM-DD');
  if (format !== undefined) return undefined;
  if (name === 'projectName') return projectName;
  if (name === 'version') return version;
  if (name === 'commitSha') return revision;
  return name === 'shortCommitSha' ? revision?.slice(0, 7) : undefined;
}

function formatDate(date: Date, format: string): string {
  const [year = '', month = '', day = '', hours = '', minutes = '', seconds = ''] = date
    .toISOString()
    .split(/[-T:.]/);
  const parts: Readonly<Record<string, string>> = {
    YYYY: year,
    YY: year.slice(2),
    MM: month,
    DD: day,
    HH: hours,
    mm: minutes,
    ss: seconds,
  };
  return format.replace(/YYYY|YY|MM|DD|HH|mm|ss/g, (part) => parts[part] ?? part);
}
