import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomFillSync } from 'node:crypto';
import { expect, inject, it, onTestFinished } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME } from './fixture.js';
import { mountTmpfs } from './file-system.js';
import { describeWith, DOCKER } from './peers.js';
import { must, run, stowage } from './run.js';

const MIB = 1024 ** 2;
const LARGE = 256 * MIB;
/** Limit of a process's peak resident memory (bytes). */
const MAX_PEAK_BYTES = 160 * MIB;
const CLI = join(import.meta.dirname, '../../packages/cli/dist/main.js');
const PEAK = join(import.meta.dirname, '../../bench/peak.mjs');

describeWith(
  [...DOCKER, 'docker', 'bash', 'mount'],
  'a large archive',
  () => {
    it('is never copied to a temporary file, nor held in memory', async () => {
      const cwd = await createWorkspace();
      await fill(join(cwd, DEFINITION, 'files/large'));
      expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
      const tiny = join(cwd, 'tiny');
      await mountTmpfs(tiny, 'size=1m');
      /** No file may grow past 16 MiB, and the temporary folder holds 1 MiB. */
      const bounded = async (command: string) => {
        const peakFile = join(tiny, 'peak');
        const limited = `set -o pipefail; ulimit -f ${16 * 1024}; stowage() { "${process.execPath}" --import=${PEAK} ${CLI} "$@"; }; ${command}`;
        const env = {
          TMPDIR: tiny,
          STOWAGE_BENCH_PEAK: peakFile,
          DOCKER_HOST: inject('dockerHost'),
        };
        const { code, stderr } = await run('bash', ['-c', limited], { cwd, env });
        return { code, stderr, peak: Number(await readFile(peakFile, 'utf8')) };
      };
      onTestFinished(async () => {
        await run('docker', ['image', 'rm', NAME], { env: { DOCKER_HOST: inject('dockerHost') } });
      });
      for (const command of [
        `stowage inspect ${ARCHIVE}`,
        `stowage verify ${ARCHIVE}`,
        `stowage load ${ARCHIVE} --engine docker`,
        `stowage copy ${ARCHIVE} - | cat > /dev/null`,
        `stowage copy ${ARCHIVE} parts.tar --split 15MB`,
        'stowage verify parts.tar',
        `stowage copy --base ${ARCHIVE} ${ARCHIVE} delta.tar`,
      ]) {
        const { code, stderr, peak } = await bounded(command);
        expect(code, `${command}\n${stderr}`).toBe(0);
        expect(peak, command).toBeLessThan(MAX_PEAK_BYTES);
      }
      // Proves that the limits work: a large output file fails with an error, and leaves nothing.
      const { code, stderr } = await bounded(`stowage copy ${ARCHIVE} whole.tar`);
      expect(code, stderr).toBe(7);
      expect(stderr).toContain('--split');
      expect((await readdir(cwd)).filter((file) => file.startsWith('whole'))).toEqual([]);
      expect(await readdir(tiny)).toEqual(['peak']);
      await must('sha256sum', ['--check', '--quiet', 'parts.tar.sha256'], { cwd });
    }, 300_000);
  },
  { root: true },
);

/** Writes random bytes, which cannot be compressed or skipped as holes. */
async function fill(path: string): Promise<void> {
  const file = createWriteStream(path);
  const chunk = Buffer.alloc(MIB);
  for (let size = 0; size < LARGE; size += MIB)
    await new Promise((resolve) => file.write(randomFillSync(chunk), resolve));
  await new Promise((resolve) => file.end(resolve));
}
