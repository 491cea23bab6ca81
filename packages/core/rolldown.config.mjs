import { bundled } from '../../rolldown.shared.mjs';

export default bundled({
  index: 'src/index.ts',
  'definition/index': 'src/definition/index.ts',
  registry: 'src/registry.ts',
  // Threads begin in these, beside whichever file starts them.
  'hash-worker': 'src/verify/hash-worker.ts',
  'password-worker': 'src/registry/access/password-worker.ts',
  'zstd-frame': 'src/compression/zstd-frame.ts',
});
