import { describe, expect, it } from 'vitest';
import { usualSockets } from './usual-sockets.js';

const home = '/h';

describe('the usual addresses of docker', () => {
  it.each<[NodeJS.Platform, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'linux',
      { XDG_RUNTIME_DIR: '/run/user/1' },
      [
        'unix:///var/run/docker.sock',
        'unix:///run/user/1/docker.sock',
        'unix:///h/.docker/run/docker.sock',
        'unix:///h/.docker/desktop/docker.sock',
        'unix:///h/.rd/docker.sock',
        'unix:///h/.colima/default/docker.sock',
        'unix:///h/.config/colima/default/docker.sock',
        'unix:///h/.lima/docker/sock/docker.sock',
      ],
    ],
    [
      'darwin',
      { COLIMA_HOME: '/c', XDG_CONFIG_HOME: '/x', XDG_RUNTIME_DIR: '' },
      [
        'unix:///var/run/docker.sock',
        'unix:///h/.docker/run/docker.sock',
        'unix:///h/.docker/desktop/docker.sock',
        'unix:///h/.rd/docker.sock',
        'unix:///c/default/docker.sock',
        'unix:///x/colima/default/docker.sock',
        'unix:///h/.orbstack/run/docker.sock',
        'unix:///h/.lima/docker/sock/docker.sock',
      ],
    ],
    ['win32', {}, ['npipe:////./pipe/docker_engine', 'npipe:////./pipe/dockerDesktopLinuxEngine']],
  ])('on %s with %j', (platform, env, expected) => {
    expect(usualSockets('docker', { env, home }, platform)).toEqual(expected);
  });
});

describe('the usual addresses of podman', () => {
  it.each<[NodeJS.Platform, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'linux',
      { XDG_RUNTIME_DIR: '/r', TMPDIR: '/t' },
      [
        'unix:///r/podman/podman.sock',
        'unix:///run/podman/podman.sock',
        'unix:///r/podman/podman-machine-default-api.sock',
        'unix:///h/.local/share/containers/podman/machine/podman.sock',
        'unix:///h/.local/share/containers/podman/machine/qemu/podman.sock',
      ],
    ],
    [
      'darwin',
      { TMPDIR: '/t/' },
      [
        'unix:///run/podman/podman.sock',
        'unix:///t/podman/podman-machine-default-api.sock',
        'unix:///h/.local/share/containers/podman/machine/podman.sock',
        'unix:///h/.local/share/containers/podman/machine/qemu/podman.sock',
      ],
    ],
    ['win32', {}, ['npipe:////./pipe/podman-machine-default']],
  ])('on %s with %j', (platform, env, expected) => {
    expect(usualSockets('podman', { env, home }, platform)).toEqual(expected);
  });
});
