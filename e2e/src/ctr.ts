import { must } from './run.js';

/**
 * What makes a command of `ctr images` work as before version 2. Since then, the daemon does the work: it pulls and imports
 * for its own snapshotter alone, sees no files of this machine, and may cut an export short without an error.
 */
export async function localFlag(command: 'pull' | 'import' | 'export'): Promise<readonly string[]> {
  const help = await must('ctr', ['images', command, '--help']);
  return help.includes('--local') ? ['--local'] : [];
}
