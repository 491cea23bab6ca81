// Preloaded into a measured process: when it ends, writes its peak memory (bytes) and, if a file is named for it, its CPU time
// (seconds, of all threads, user and system).
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const { STOWAGE_BENCH_PEAK: peak, STOWAGE_BENCH_CPU: cpu } = process.env;
  writeFileSync(peak, String(maxRSS * 1024));
  if (cpu) writeFileSync(cpu, String((userCPUTime + systemCPUTime) / 1e6));
});
