import type { CopiedTag } from '@stowage/core/registry';
import { Option } from 'commander';
import { formatBytes, shortDigest } from '../../print/table.js';
import { text, type Text } from '../../print/text.js';
import type { Outcome } from '../../verb.js';

/** `--tags` of the commands that copy the tags of repositories. */
export function tagsOption(): Option {
  const about = 'only tags of this name or pattern, as v1.*; repeatable';
  return new Option('--tags <pattern>', about).argParser(
    (pattern: string, before: readonly string[] = []) => [...before, pattern],
  );
}

/** The outcome of copying the tags of a repository. */
export function copiedTagsOutcome(results: readonly CopiedTag[]): Outcome {
  const moved = results.filter(({ action }) => action === 'copied');
  const same = results.length - moved.length;
  const rest = same === 0 ? '' : text`${same} were up to date\n`;
  return { json: { results }, text: text`${moved.map(line)}${rest}` };
}

function line({ reference, digest, bytes }: CopiedTag): Text {
  const done = bytes === null ? 'would be copied' : text`copied, ${formatBytes(bytes)} sent`;
  return text`${reference}  ${done} (${shortDigest(digest)})\n`;
}
