import { describe, expect, it } from 'vitest';
import { isPath, looksRemote, namesHost } from './location.js';

describe('a location that does not exist as a file', () => {
  it.each([
    ['nginx', true, false],
    ['nginx:1.21', true, false],
    ['user/app:v1', true, false],
    ['registry.example.com/team/app:1', true, true],
    ['localhost/app', true, true],
    ['127.0.0.1:5000/app@sha256:' + 'a'.repeat(64), true, true],
    ['app-ubuntu-25.04-gcc15', false, false],
    ['app-ubuntu-25.04-gcc15:latest', false, false],
    ['app.tar', false, false],
    ['registry.example.com/app.tar.gz', false, false],
    ['oci-archive:x:app', false, false],
    ['images/', false, false],
    ['Not A Reference', false, false],
    ['-', false, false],
    ['./nginx', false, false],
  ])('%s is remote: %s, with a host: %s', (text, remote, host) => {
    expect([looksRemote(text), namesHost(text)]).toEqual([remote, host]);
  });

  it.each(['./x', '/x', '../x', '~/x', '~', '.', '..', 'C:\\x', 'C:/x'])('%s is a path', (text) => {
    expect([isPath(text), looksRemote(text)]).toEqual([true, false]);
  });
});
