import { expect, it } from 'vitest';
import { engineSections } from './log-sections.js';

const now = () => 1_700_000_000_500;
const engine = { type: 'engine' };
const step = (subject: string) => ({ type: 'step', subject });

it('GitLab: begin and end of a section have one name and a time, and the title is one line', () => {
  const { before, end } = engineSections({ env: { GITLAB_CI: 'true' }, now });
  expect(before(step('a\r\u001b[0Kb'))).toBeUndefined();
  expect(before(engine)).toBe(
    '\u001b[0Ksection_start:1700000000:stowage_1[collapsed=true]\r\u001b[0Koutput of a\\r\\x1b[0Kb',
  );
  expect(before(engine)).toBeUndefined();
  expect(before(step('b'))).toBe('\u001b[0Ksection_end:1700000000:stowage_1\r\u001b[0K');
  expect(before(engine)).toContain('stowage_2');
  expect(end()).toContain('stowage_2');
  expect(end()).toBeUndefined();
});

it('GitHub: a group; elsewhere none', () => {
  const { before, end } = engineSections({ env: { GITHUB_ACTIONS: 'true' }, now });
  before(step('a\n::error::%'));
  expect([before(engine), end()]).toEqual(['::group::output of a\\n::error::%25', '::endgroup::']);
  const none = engineSections({ env: {}, now });
  expect([none.before(engine), none.end()]).toEqual([undefined, undefined]);
});
