/** Build arguments by name. */
export type BuildArguments = Readonly<Record<string, string>>;

/**
 * The references of images from outside that a Dockerfile names: of each `FROM`, `COPY --from` and `--mount=…,from=` that is
 * no stage, and of the `# syntax` directive. Variables are replaced by `args`, else by the defaults of `ARG`; one without
 * a value stays as it is written.
 *
 * @param args values of `ARG` before the first stage.
 */
export function imagesOfDockerfile(text: string, args: BuildArguments): string[] {
  const images: string[] = [];
  const stages = new Set<string>(['scratch']);
  const values = new Map(Object.entries(args));
  const add = (image: string) => {
    if (!stages.has(image.toLowerCase()) && !/^[0-9]+$/.test(image)) images.push(image);
  };
  const syntax = /^\s*(?:(?:#|\/\/)\s*\w+\s*=.*\n)*?\s*(?:#|\/\/)\s*syntax\s*=\s*(\S+)/i.exec(text);
  if (syntax?.[1] !== undefined) images.push(syntax[1]);
  let isGlobal = true;
  for (const { instruction, rest } of instructions(text)) {
    if (instruction === 'ARG' && isGlobal)
      for (const [, name = '', quoted, value = ''] of rest.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g))
        if (!values.has(name)) values.set(name, quoted ?? value);
    if (instruction === 'FROM') {
      isGlobal = false;
      const [image = '', as, stage] = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
      add(replaceVariables(image, values));
      if (as?.toUpperCase() === 'AS' && stage !== undefined) stages.add(stage.toLowerCase());
      continue;
    }
    for (const [, image = ''] of rest.matchAll(/(?:^|\s)--from=(\S+)/g))
      if (instruction === 'COPY') add(replaceVariables(image, values));
    for (const [, image = ''] of rest.matchAll(/--mount=(?:\S*,)?from=([^\s,]+)/g))
      if (instruction === 'RUN') add(replaceVariables(image, values));
  }
  return [...new Set(images)];
}

function replaceVariables(text: string, values: ReadonlyMap<string, string>): string {
  const plain = text.replace(/^(["'])(.*)\1$/, '$2');
  return plain.replace(
    /\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})/g,
    (all, bare: string | undefined, name: string | undefined, fallback: string | undefined) =>
      (values.get(bare ?? name ?? '') || fallback) ?? all,
  );
}

interface Instruction {
  /** In capital letters. */
  readonly instruction: string;
  readonly rest: string;
}

/** The instructions, with continued lines joined; comments and here-documents are left out. */
function* instructions(text: string): Iterable<Instruction> {
  const escape = /^\s*#\s*escape\s*=\s*`/im.test(text) ? '`' : '\\';
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    let line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    while (line.endsWith(escape) && at + 1 < lines.length) {
      const next = (lines[++at] ?? '').trim();
      line = next.startsWith('#') ? line : `${line.slice(0, -1)} ${next}`;
    }
    const [, word = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(line) ?? [];
    for (const [, end] of rest.matchAll(/<<-?\s*["']?(\w+)["']?/g))
      while (at + 1 < lines.length && (lines[++at] ?? '').trim() !== end);
    yield { instruction: word.toUpperCase(), rest };
  }
}
