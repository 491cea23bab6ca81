import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../definition/definition.js';
import type { ContextFile } from '../source-files/context-file.js';
import { lostModesNotice } from './lost-modes.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const define = (yaml: string) => parseDefinition({ text: HEAD + yaml, path: 'image.yaml' });

function file(path: string, lostMode?: number): ContextFile {
  const common = { path, absolute: `/c/${path}`, type: 'file', mode: 0o644, size: 1 };
  return { ...common, ...(lostMode === undefined ? {} : { lostMode }) } as ContextFile;
}

const FILES = [file('d/secret', 0o600), file('d/plain'), file('other', 0o4755)];

describe('the notice about lost modes', () => {
  it('names the files that are copied, each once, with both modes', () => {
    const twice = define('copy: [{ from: d, to: /a }, { from: d/secret, to: /b }]\n');
    const notice = lostModesNotice(twice, FILES, '/c');
    expect(notice?.text).toContain('app-debian-12-base: files in an image have git');
    expect(notice?.text.match(/d\/secret \(0600 becomes 0644\)/g)).toHaveLength(1);
    expect(notice?.text).not.toMatch(/d\/plain|other \(/);
    expect(notice?.text).toContain('copy: sets another');
  });

  it('is none where a mode is given, or none is lost', () => {
    expect(
      lostModesNotice(define("copy: [{ from: d, to: /a, mode: '0600' }]\n"), FILES, '/c'),
    ).toBeUndefined();
    expect(
      lostModesNotice(define('copy: [{ from: d/plain, to: /a }]\n'), FILES, '/c'),
    ).toBeUndefined();
  });

  it('names all files of a Dockerfile’s context, and escapes their names', () => {
    const own = define('dockerfile: Dockerfile\n');
    const notice = lostModesNotice(own, [file('a\u001b[1m', 0o600), ...FILES], '/c');
    expect(notice?.text).toContain('other (04755 becomes 0644)');
    expect(notice?.text).not.toContain('\u001b');
    expect(notice?.text).toContain('RUN chmod');
  });
});
