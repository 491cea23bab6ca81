import type { ListContent } from './list-content.js';

/** Whether a text is a list of references, not YAML: its first line with content decides. */
export function isLines(text: string): boolean {
  const [first] = /^(?![^\S\n]*(?:#|$)).+/m.exec(text) ?? [];
  return (
    first !== undefined && !/^\s*(?:---|%|\{|\[|- )|:(?:\s|$)/.test(first.replace(COMMENT, ''))
  );
}

/** Adds the images of a list with one reference a line and `#` comments; `labels:` of mindthegap may follow. */
export function addImagesOfLines(text: string, content: ListContent): void {
  for (const [index, line] of text.split('\n').entries()) {
    const [image = '', ...more] = line.replace(COMMENT, '').trim().split(/\s+/);
    if (line.includes('{{') && image !== '') content.addTemplate(index + 1);
    else if (more.some((each) => !each.startsWith('labels:')))
      content.addProblem(index + 1, 'several words; write one reference a line');
    else if (image !== '') content.addImage(image, index + 1);
  }
}

const COMMENT = /(?:^|\s)#.*/;
