// Preloaded into a measured process. Prints its peak memory (bytes) when it ends, and its seconds of CPU if a file for them is named.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { STOWAGE_BENCH_PEAK: peak, STOWAGE_BENCH_CPU: cpu } = process.env;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeFileSync(peak, String(maxRSS * 1024));
  if (cpu) writeFileSync(cpu, String((userCPUTime + systemCPUTime) / 1e6));
});
