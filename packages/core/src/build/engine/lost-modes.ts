import type { Definition } from '../../definition/definition.js';
import { shortList } from '../../errors.js';
import { printable } from '../../printable.js';
import { selectFiles } from '../context/context.js';
import type { ContextFile } from '../source-files/context-file.js';
import type { Notice } from '../../wording.js';

/** A notice that names the files that do not keep their mode; undefined if there are none. */
export function lostModesNotice(
  { name, dockerfile, copy }: Definition,
  files: readonly ContextFile[],
  context: string,
): Notice | undefined {
  const used =
    dockerfile === undefined
      ? copy.flatMap(({ from, mode }) =>
          mode === undefined ? selectFiles(files, from, context) : [],
        )
      : files;
  const lost = new Set(
    used.flatMap(({ path, mode, lostMode }) =>
      lostMode === undefined
        ? []
        : [`${printable(path)} (${octal(lostMode)} becomes ${octal(mode)})`],
    ),
  );
  if (lost.size === 0) return undefined;
  const advice =
    dockerfile === undefined
      ? 'mode: in the entry of copy: sets another'
      : 'RUN chmod in the Dockerfile sets another';
  return {
    type: 'notice',
    text: `${name}: files in an image have git's mode, 0644 or 0755, so these do not keep theirs: ${shortList([...lost])}; ${advice}`,
  };
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
