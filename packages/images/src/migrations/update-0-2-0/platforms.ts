import { visitNotIgnoredFiles, type Tree } from '@nx/devkit';
import { isScalar, parseDocument, YAMLMap, YAMLSeq } from 'yaml';

/** `platform: linux/amd64` in definitions becomes `platforms: [linux/amd64]`; comments and order stay. */
export default function platforms(tree: Tree): void {
  visitNotIgnoredFiles(tree, '.', (path) => {
    if (!/(?:^|\/)images\/[^/]+\/image\.yaml$/.test(path)) return;
    const text = tree.read(path, 'utf8') ?? '';
    const migrated = withPlatforms(text);
    if (migrated !== text) tree.write(path, migrated);
  });
}

export function withPlatforms(text: string): string {
  const document = parseDocument(text);
  const { contents } = document;
  if (document.errors.length > 0 || !(contents instanceof YAMLMap)) return text;
  const pair = contents.items.find(({ key }) => String(key) === 'platform');
  if (!pair || contents.has('platforms')) return text;
  const list = new YAMLSeq();
  list.flow = true;
  if (isScalar(pair.value)) {
    list.comment = pair.value.comment ?? null;
    pair.value.comment = null;
  }
  list.add(pair.value);
  contents.items = contents.items.map((item) =>
    item === pair ? document.createPair('platforms', list) : item,
  );
  return document.toString({ lineWidth: 0 });
}
