import { must, run } from './run.js';

export interface OutputOptions {
  /** Names the engine, as for `docker`. */
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: string;
}

/**
 * Runs a command in a container of an image, and gives its output from the engine's log: `docker run` loses the output of a short
 * command now and then. A command that does not exit with 0 is an error.
 */
export async function outputIn(
  image: string,
  command: readonly string[],
  { env, entrypoint }: OutputOptions,
): Promise<string> {
  const options = entrypoint === undefined ? [] : ['--entrypoint', entrypoint];
  const create = ['create', '--network=none', ...options, image, ...command];
  const id = (await must('docker', create, { env })).trim();
  try {
    await must('docker', ['start', id], { env });
    const code = (await must('docker', ['wait', id], { env })).trim();
    const { stdout, stderr } = await run('docker', ['logs', id], { env });
    if (code !== '0') throw new Error(`${image}: ${command.join(' ')}: exit ${code}\n${stderr}`);
    return stdout;
  } finally {
    await must('docker', ['rm', '--force', id], { env });
  }
}
