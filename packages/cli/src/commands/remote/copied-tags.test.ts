import { Command } from 'commander';
import { expect, it } from 'vitest';
import { copiedTagsOutcome, tagsOption } from './copied-tags.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const tag = (name: string, action: 'copied' | 'same', bytes: number | null) =>
  ({ reference: `r.example/app:${name}`, digest: DIGEST, action, bytes }) as never;

it('several patterns of tags may be given', () => {
  const command = new Command().addOption(tagsOption());
  expect(command.parse(['--tags', 'v1.*', '--tags', 'v2.*'], { from: 'user' }).opts()).toEqual({
    tags: ['v1.*', 'v2.*'],
  });
});

it.each([
  [[tag('1', 'copied', 10)], 'r.example/app:1  copied, 10 B sent (aaaaaaaaaaaa)\n'],
  [[tag('1', 'copied', null)], 'r.example/app:1  would be copied (aaaaaaaaaaaa)\n'],
  [[tag('1', 'same', 0), tag('2', 'same', 0)], '2 were up to date\n'],
  [[], ''],
])('what was copied is %j: %s', (results, expected) => {
  expect(copiedTagsOutcome(results).text?.content).toBe(expected);
});
