import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { ARCHIVE, BASE, commandLine, NAME, registryHost } from '../testing/stowage.js';

it('what commands built, pushed and deleted is in the summary of a GitHub job', async () => {
  const { cwd, said } = await commandLine();
  const path = join(cwd, 'summary.md');
  vi.stubEnv('GITHUB_STEP_SUMMARY', path);
  const summary = () => readFile(path, 'utf8');
  await said(`build ${BASE} --save --dry-run`);
  await expect(summary()).rejects.toThrow();
  await said(`build ${BASE} --save`);
  await said(`build ${BASE} --save`);
  await said(`push ${NAME} --to ${await registryHost()} --tag team/app:1`);
  await said(`inspect ${ARCHIVE}`);
  await said('build apps/app/images/base --update-base').catch(() => undefined);
  const row = (result: string, size = '[0-9.]+ [KM]?B') =>
    `\\| [^|]+ \\| ${result} \\| ${size} \\|.*`;
  const matching = (text: string) => expect.stringMatching(text) as string;
  const lines = (await summary()).split('\n');
  const head = ['', '| Image | Result | Size | Digest |', '| --- | --- | --- | --- |'];
  expect(lines).toEqual([
    ...['### stowage build', ...head],
    ...[matching(row('saved')), matching(row('skipped'))],
    ...['', '### stowage push', ...head, matching(row('pushed')), ''],
  ]);
});

it('a summary that cannot be written is a note, and no failure', async () => {
  const { cwd, stowage } = await commandLine();
  vi.stubEnv('GITHUB_STEP_SUMMARY', cwd);
  const { code, stderr } = await stowage(`build ${BASE} --save`);
  expect([code, stderr]).toEqual([0, expect.stringContaining('note: the summary of this job')]);
});

it('a definition that is refused is annotated at its line in a job of GitHub, only there', async () => {
  const { cwd, stowage } = await commandLine();
  await writeFile(join(cwd, BASE, 'image.yaml'), 'project: app\nos: debian-12\nvarian: base\n');
  expect((await stowage(`build ${BASE}`)).stderr).not.toContain('::error');
  vi.stubEnv('GITHUB_ACTIONS', 'true');
  vi.stubEnv('GITHUB_WORKSPACE', cwd);
  const { stderr, stdout } = await stowage(`build ${BASE} --json`);
  expect(stderr).toMatch(`::error file=${BASE}/image.yaml,line=3,col=1::`);
  expect(stdout).not.toContain('::error');
});
