import { directivesOf, instructionsOf } from './instructions.js';

/** Build arguments by name. */
export type BuildArguments = Readonly<Record<string, string>>;

/**
 * The references of images from outside that a Dockerfile names: of each `FROM`, `COPY --from` and `--mount=…,from=` that is
 * no stage, and of the syntax that it is written in. Variables are replaced by `args`, else by the defaults of `ARG`; one without
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
  const directives = directivesOf(text);
  // BuildKit takes this argument before the directive.
  const syntax = args['BUILDKIT_SYNTAX'] ?? directives.get('syntax');
  if (syntax !== undefined) images.push(syntax);
  let isGlobal = true;
  for (const { instruction, rest } of instructionsOf(text)) {
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
