// Preloaded into a measured process: prints its peak memory (bytes) when it ends.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.STOWAGE_BENCH_PEAK, String(process.resourceUsage().maxRSS * 1024));
});
