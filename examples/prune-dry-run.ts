// Prints which archives of the workspace of this folder could be deleted, and why; deletes nothing: prune-dry-run.ts KEEP
import { openWorkspace, prune } from '@stowage/core';

const [keep = '1'] = process.argv.slice(2);

const workspace = await openWorkspace(process.cwd());
const { decisions, freedBytes } = await prune(workspace, {
  dryRun: true,
  // Keep the newest archives of each name; of the others, delete those not used for 30 days.
  keepNewest: { name: Number(keep) },
  unusedFor: '30d',
  engine: 'embedded',
});
for (const { action, kind, name, rule, reason } of decisions)
  console.log(`${action} ${kind} ${name}: ${rule}, ${reason}`);
console.log(`${freedBytes} bytes would be freed`);
