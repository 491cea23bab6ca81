import { bundled } from '../../rolldown.shared.mjs';

export default bundled({
  main: 'src/main.ts',
  program: 'src/program.ts',
  'write-manual': 'src/help/write-manual.ts',
});
