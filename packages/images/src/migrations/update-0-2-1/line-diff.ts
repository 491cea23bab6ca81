/** The lines in which two texts differ, in order: those of the first one after `-`, those of the second one after `+`. */
export function lineDiff(before: string, after: string): string[] {
  const [old, young] = [before.split('\n'), after.split('\n')];
  // Lengths of the longest common sequences of lines from each pair of lines on.
  const common = old.map(() => young.map(() => 0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = young.length - 1; j >= 0; j--) {
      const row = common[i];
      if (row)
        row[j] = old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      i++;
      j++;
    } else if (i < old.length && (j === young.length || at(i + 1, j) >= at(i, j + 1)))
      lines.push(`- ${old[i++] ?? ''}`);
    else lines.push(`+ ${young[j++] ?? ''}`);
  }
  return lines;
}
