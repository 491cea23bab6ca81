#!/usr/bin/env python3
"""Makes the golden archives of tools that cannot be run here, in the format that they are known to write.

tools/golden/make.sh runs it; alone:  tools/golden/synthetic.py packages/core/testing/golden
Every run writes the same bytes. Each function is one row of packages/core/src/archive/golden.test.ts.
"""
import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

OCI = 'application/vnd.oci.image.'
DOCKER = 'application/vnd.docker.distribution.manifest.'
NAME, REF = 'io.containerd.image.name', 'org.opencontainers.image.ref.name'
AMD64 = {'os': 'linux', 'architecture': 'amd64'}
ARM64 = {'os': 'linux', 'architecture': 'arm64', 'variant': 'v8'}


def text(value):
    return json.dumps(value, separators=(',', ':')).encode()


def layer(content):
    """A layer of one file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo('file')
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Blobs:
    """Content by digest, as in an OCI layout."""

    def __init__(self, algorithm='sha256'):
        self.algorithm, self.files = algorithm, {}

    def put(self, media_type, content, **more):
        digest = self.hash(content)
        self.files[path_of(digest)] = content
        return {'mediaType': media_type, 'digest': digest, 'size': len(content), **more}

    def hash(self, content):
        return f'{self.algorithm}:{hashlib.new(self.algorithm, content).hexdigest()}'

    def image(self, seed, platform=None, packed=False, docker=False):
        """An image of two layers. Returns its manifest's descriptor, its config's, its layers'."""
        plain = [layer(f'{seed} {n}\n'.encode()) for n in (0, 1)]
        config = {**(platform or AMD64), 'config': {'Cmd': ['/file']},
                  'rootfs': {'type': 'layers', 'diff_ids': [self.hash(each) for each in plain]}}
        types = (['application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.docker.container.image.v1+json', DOCKER + 'v2+json']
                 if docker else [OCI + 'layer.v1.tar' + ('+gzip' if packed else ''), OCI + 'config.v1+json', OCI + 'manifest.v1+json'])
        if docker or packed:
            plain = [gzip.compress(each, mtime=0) for each in plain]
        layers = [self.put(types[0], each) for each in plain]
        config = self.put(types[1], text(config))
        manifest = {'schemaVersion': 2, 'mediaType': types[2], 'config': config, 'layers': layers}
        return self.put(types[2], text(manifest)), config, layers

    def index(self, manifests):
        return self.put(OCI + 'index.v1+json', text({'schemaVersion': 2, 'mediaType': OCI + 'index.v1+json', 'manifests': manifests}))

    def artifact(self, kind, content, subject=None):
        empty = self.put('application/vnd.oci.empty.v1+json', b'{}')
        manifest = {'schemaVersion': 2, 'mediaType': OCI + 'manifest.v1+json', 'artifactType': kind, 'config': empty,
                    'layers': [self.put(kind, content)], **({'subject': subject} if subject else {})}
        return self.put(OCI + 'manifest.v1+json', text(manifest), artifactType=kind)


def path_of(digest):
    return 'blobs/' + digest.replace(':', '/')


def named(descriptor, name=None, ref=None):
    notes = {**({NAME: name} if name else {}), **({REF: ref} if ref else {})}
    return {**descriptor, **({'annotations': notes} if notes else {})}


def top(manifests):
    return {'oci-layout': text({'imageLayoutVersion': '1.0.0'}),
            'index.json': text({'schemaVersion': 2, 'mediaType': OCI + 'index.v1+json', 'manifests': manifests})}


def docker_half(*images):
    """manifest.json as Docker 25 and later write it: [(config, layers, tags)]."""
    return {'manifest.json': text([
        {'Config': path_of(config['digest']), 'RepoTags': tags, 'Layers': [path_of(each['digest']) for each in layers]}
        for config, layers, tags in images])}


def write(path, files, prefix='', format=tarfile.PAX_FORMAT, folders=True, links=(), pax=None):
    with tarfile.open(path, 'w', format=format) as tar:
        if folders:
            for folder in sorted({str(parent) for name in files for parent in Path(name).parents} - {'.'}):
                info = tarfile.TarInfo(f'{prefix}{folder}/')
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(prefix + name)
            info.size, info.pax_headers = len(content), dict(pax or {})
            tar.addfile(info, io.BytesIO(content))
        for name, target, kind in links:
            info = tarfile.TarInfo(prefix + name)
            info.type, info.linkname = kind, target
            tar.addfile(info)


def docker_25(out):
    blobs = Blobs()
    app, config, layers = blobs.image('app')
    more, more_config, more_layers = blobs.image('more')
    entries = [named(app, 'docker.io/golden/app:v1', 'v1'), named(app, 'docker.io/golden/app:also', 'also'), named(more, 'docker.io/library/hello:1.0', '1.0')]
    halves = docker_half((config, layers, ['golden/app:v1', 'golden/app:also']), (more_config, more_layers, ['hello:1.0']))
    write(out / 'docker-25.tar', {**blobs.files, **top(entries), **halves})
    # The same without containerd's annotation: only RepoTags has the repository.
    entries = [named(app, ref='v1'), named(more, ref='1.0')]
    write(out / 'docker-25-tags-only.tar', {**blobs.files, **top(entries), **halves})


def docker_25_0(out):
    """The first 25.0 releases: the OCI half does not always match the config."""
    for name, change in {
        'no-layers': lambda layers: [],
        'misordered': lambda layers: layers[::-1],
        'wrong-sizes': lambda layers: [{**each, 'size': each['size'] + 1} for each in layers],
    }.items():
        blobs = Blobs()
        _, config, layers = blobs.image('app')
        blobs.files.popitem()
        manifest = {'schemaVersion': 2, 'mediaType': OCI + 'manifest.v1+json', 'config': config, 'layers': change(layers)}
        broken = blobs.put(OCI + 'manifest.v1+json', text(manifest))
        halves = docker_half((config, layers, ['golden/app:v1']))
        write(out / f'docker-25.0-{name}.tar', {**blobs.files, **top([named(broken, 'docker.io/golden/app:v1', 'v1')]), **halves})
    blobs = Blobs()
    _, config, layers = blobs.image('app')
    blobs.files.popitem()
    write(out / 'docker-25.0-null.tar', {**blobs.files, **top(None), **docker_half((config, layers, ['golden/app:v1']))})


def docker_29(out):
    """The containerd image store: an index of all platforms with the blobs of only one."""
    blobs, elsewhere = Blobs(), Blobs()
    here, config, layers = blobs.image('app')
    there, _, _ = elsewhere.image('app', ARM64)
    of_here = blobs.artifact('application/vnd.in-toto+json', b'{"here":1}')
    of_there = elsewhere.artifact('application/vnd.in-toto+json', b'{"there":1}')
    unknown = {'os': 'unknown', 'architecture': 'unknown'}
    attests = lambda image: {'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image['digest']}
    index = blobs.index([{**here, 'platform': AMD64}, {**there, 'platform': ARM64},
                         {**of_here, 'platform': unknown, 'annotations': attests(here)},
                         {**of_there, 'platform': unknown, 'annotations': attests(there)}])
    entries = [named(index, 'docker.io/golden/app:v1', 'v1')]
    write(out / 'docker-29-sparse.tar', {**blobs.files, **top(entries), **docker_half((config, layers, ['golden/app:v1']))})


def buildx(out):
    blobs = Blobs()
    images = [{**blobs.image('app', platform, packed=True)[0], 'platform': platform} for platform in (AMD64, ARM64)]
    entries = [named(blobs.index(images), 'docker.io/golden/app:v1', 'v1')]
    write(out / 'buildx-oci.tar', {**blobs.files, **top(entries)})


def layouts(out):
    blobs = Blobs()
    image, _, _ = blobs.image('app')
    inner = blobs.index([{**image, 'platform': AMD64}])
    outer = blobs.index([inner])
    write(out / 'nested-index.tar', {**blobs.files, **top([named(outer, ref='registry.example.com/golden/app:v1'), named(outer, ref='registry.example.com/golden/app:v1')])})

    blobs = Blobs('sha512')
    image, _, _ = blobs.image('app', packed=True)
    write(out / 'sha512.tar', {**blobs.files, **top([named(image, 'registry.example.com/golden/app:v1')])})

    blobs = Blobs()
    image, _, _ = blobs.image('app', docker=True)
    write(out / 'nerdctl-docker-types.tar', {**blobs.files, **top([named(image, 'registry.example.com/golden/app:v1', 'v1')])})

    blobs = Blobs()
    image, _, _ = blobs.image('app')
    signature = blobs.artifact('application/vnd.dev.cosign.artifact.sig.v1+json', b'signed', image)
    about = blobs.artifact('application/spdx+json', b'{}\n', {key: signature[key] for key in ('mediaType', 'digest', 'size')})
    write(out / 'referrers.tar', {**blobs.files, **top([named(image, 'registry.example.com/golden/app:v1'), signature, about])})
    chart = blobs.artifact('application/vnd.cncf.helm.config.v1+json', b'a chart')
    write(out / 'artifact.tar', {**blobs.files, **top([named(image, 'registry.example.com/golden/app:v1'), signature, about, named(chart, ref='registry.example.com/golden/chart:1')])})

    write(out / 'empty-oci.tar', top([]))
    write(out / 'empty-docker.tar', {'manifest.json': b'[]'})


def docker_files(long=False):
    """The common layout of docker save ≤ 24, kaniko and bazel: {path: content}, and the items of manifest.json."""
    plain = [layer(f'app {n}\n'.encode()) for n in (0, 1)]
    ids = [hashlib.sha256(each).hexdigest() for each in plain]
    config = text({**AMD64, 'config': {'Cmd': ['/file']}, 'rootfs': {'type': 'layers', 'diff_ids': [f'sha256:{each}' for each in ids]}})
    folder = 'a-folder-with-a-long-name/' * 8 if long else ''
    return plain, ids, config, folder, hashlib.sha256(config).hexdigest()


def tars(out):
    plain, ids, config, _, config_id = docker_files()
    files = {f'{ids[n]}.tar': plain[n] for n in (0, 1)}
    files[f'{config_id}.json'] = config
    manifest = lambda layers, tags=('golden/app:v1',): {'manifest.json': text([{'Config': f'{config_id}.json', 'RepoTags': list(tags), 'Layers': layers}])}

    packed = {f'{each}.tar.gz': gzip.compress(content, mtime=0) for each, content in zip(ids, plain)}
    packed = {f'{hashlib.sha256(content).hexdigest()}.tar.gz': content for content in packed.values()}
    kaniko = {f'sha256:{config_id}': config, **packed,
              'manifest.json': text([{'Config': f'sha256:{config_id}', 'RepoTags': ['registry.example.com/golden/app:v1'], 'Layers': list(packed)}])}
    write(out / 'kaniko-dot-slash.tar', kaniko, prefix='./', format=tarfile.PAX_FORMAT, pax={'mtime': '1700000000.25'})

    links = [(f'{each}/layer.tar', f'./{each}.tar', tarfile.LNKTYPE) for each in ids]
    write(out / 'bazel-hard-links.tar', {**files, **manifest([f'{each}/layer.tar' for each in ids])}, prefix='./', format=tarfile.GNU_FORMAT, links=links)
    links = [(f'{each}/layer.tar', f'../{each}.tar', tarfile.SYMTYPE) for each in ids]
    write(out / 'links.tar', {**files, **manifest([f'{each}/layer.tar' for each in ids])}, links=links)

    plain, ids, config, folder, config_id = docker_files(long=True)
    files = {f'{folder}{ids[n]}/layer.tar': plain[n] for n in (0, 1)}
    files[f'{config_id}.json'] = config
    files = {**files, **manifest(list(files)[:2])}
    write(out / 'long-names-gnu.tar', files, format=tarfile.GNU_FORMAT, folders=False)
    write(out / 'long-names-pax.tar', files, format=tarfile.PAX_FORMAT, folders=False)
    # Sizes in the two forms that are used from 8 GiB on: a pax record, and binary.
    sized = Path(out / 'large-sizes-pax.tar')
    with tarfile.open(sized, 'w', format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = len(content), {'size': str(len(content))}
            tar.addfile(info, io.BytesIO(content))
    with open(out / 'large-sizes-binary.tar', 'wb') as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            blocks = bytearray(info.tobuf(format=tarfile.GNU_FORMAT))
            header = memoryview(blocks)[-512:]
            header[124:136] = b'\x80' + len(content).to_bytes(11, 'big')
            header[148:156] = b' ' * 8
            header[148:156] = b'%06o\0 ' % sum(header)
            tar.write(blocks + content + bytes(-len(content) % 512))
        tar.write(bytes(1024))


if __name__ == '__main__':
    folder = Path(sys.argv[1])
    for make in (docker_25, docker_25_0, docker_29, buildx, layouts, tars):
        make(folder)
