import { describe, expect, it } from 'vitest';
import { attachByAnnotation, attachmentByName, besideSubject } from './attachments.js';
import { digestOf } from './digest.js';
import { MediaType } from './media-types.js';

const HEX = 'a'.repeat(64);
const NAME = 'registry.example/team/app:1.0';

describe('a name of cosign', () => {
  it.each(['sig', 'att', 'sbom'])('with the suffix %s refers to an image', (suffix) => {
    const tag = `sha256-${HEX}.${suffix}`;
    expect(attachmentByName(`registry.example/app:${tag}`)).toEqual({
      subject: `sha256:${HEX}`,
      tag,
    });
  });

  it.each([
    undefined,
    NAME,
    `registry.example/app@sha256:${HEX}`,
    `registry.example/app:sha256-${HEX}`,
    `registry.example/app:sha256-${HEX}.sig.x`,
    `registry.example/app:sha256-${HEX.slice(1)}.sig`,
    `registry.example/app:sha512-${HEX}.sig`,
  ])('is not %s', (reference) => {
    expect(attachmentByName(reference)).toBeUndefined();
  });

  it('beside its subject has the same repository', () => {
    expect(besideSubject(NAME, 'x.sig')).toBe('registry.example/team/app:x.sig');
    expect(besideSubject(`registry.example:5000/a@sha256:${HEX}`, 'x')).toBe(
      'registry.example:5000/a:x',
    );
  });
});

it('an entry with the annotation of containerd is attached to the image that it names', () => {
  const descriptor = (text: string, subject?: string) => ({
    mediaType: MediaType.manifest,
    digest: digestOf(Buffer.from(text)),
    size: 1,
    ...(subject ? { annotations: { 'io.containerd.manifest.subject': subject } } : {}),
  });
  const image = descriptor('image');
  const entries = [image, descriptor('about', image.digest), descriptor('odd', 'sha256:1')];
  expect(
    attachByAnnotation(entries.map((each) => ({ descriptor: each }))).map(
      ({ attached }) => attached,
    ),
  ).toEqual([undefined, { subject: image.digest }, undefined]);
});

describe('entries of one name', () => {
  const entry = (text: string, kind?: string, reference: string | undefined = NAME) => ({
    descriptor: {
      mediaType: MediaType.manifest,
      digest: digestOf(Buffer.from(text)),
      size: 1,
      ...(kind === undefined ? {} : { annotations: { kind } }),
    },
    ...(reference === '' ? {} : { reference }),
  });
  const subject = digestOf(Buffer.from('image'));
  const tag = (suffix: string) => `${subject.replace(':', '-')}.${suffix}`;

  it('are told apart by their kind, in any order', () => {
    const attached = attachByAnnotation([
      entry('s', 'dev.cosignproject.cosign/sigs'),
      entry('image', 'dev.cosignproject.cosign/imageIndex'),
      entry('a', 'atts'),
      entry('b', 'sboms'),
    ]);
    expect(attached.map(({ reference }) => reference)).toEqual([
      `registry.example/team/app:${tag('sig')}`,
      NAME,
      `registry.example/team/app:${tag('att')}`,
      `registry.example/team/app:${tag('sbom')}`,
    ]);
    expect(attached[0]?.attached).toEqual({ subject, tag: tag('sig') });
    expect(attached[1]).not.toHaveProperty('attached');
  });

  it('have their only entry without a kind of an attachment as subject', () => {
    const [image, signature] = attachByAnnotation([entry('image'), entry('s', 'x/sigs')]);
    expect(image?.reference).toBe(NAME);
    expect(signature?.attached?.subject).toBe(subject);
  });

  it('stay as they are with several subjects or with none', () => {
    const several = [entry('image'), entry('other'), entry('s', 'x/sigs')];
    expect(attachByAnnotation(several)).toEqual(several);
    const none = [entry('s', 'x/sigs')];
    expect(attachByAnnotation(none)).toEqual(none);
  });

  it('are not attached to an image of another name', () => {
    const entries = [entry('image'), entry('s', 'x/sigs', 'registry.example/other:1')];
    expect(attachByAnnotation(entries)).toEqual(entries);
  });

  it('get each tag once: a second signature has no name', () => {
    const [, first, second] = attachByAnnotation([
      entry('image'),
      entry('s', 'x/sigs'),
      entry('t', 'x/sigs'),
    ]);
    expect(first?.attached?.tag).toBe(tag('sig'));
    expect(second).not.toHaveProperty('reference');
    expect(second?.attached).toEqual({ subject });
  });

  it('without a name have tags, but no references', () => {
    const [, signature] = attachByAnnotation([
      entry('image', undefined, ''),
      entry('s', 'x/sigs', ''),
    ]);
    expect(signature).not.toHaveProperty('reference', NAME);
    expect(signature?.attached?.subject).toBe(subject);
  });
});
