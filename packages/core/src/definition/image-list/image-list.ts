import type { YamlFile } from '../read-yaml.js';
import { reasonNotToParse } from '../yaml/yaml-bounds.js';
import { addHaulerImages, addMindthegapImages, isHauler, isMindthegap } from './in-bundle-lists.js';
import { addComposeImages, isCompose } from './in-compose.js';
import { addKubernetesImages } from './in-kubernetes.js';
import { addImagesOfLines, isLines } from './in-lines.js';
import type { Variables } from './interpolate.js';
import { ListContent, type ListedImage } from './list-content.js';
import { readDocuments, textField, type Value } from './yaml-value.js';

/** The images that a file names, each once, in order. */
export interface ImageList {
  readonly images: readonly ListedImage[];
  /** Parts of the file that add no image, each as `path:line: …`. */
  readonly notices: readonly string[];
}

/** Options for reading a list. */
export interface ImageListOptions {
  /** Variables of a Compose file. */
  readonly variables?: Variables | undefined;
  /** Give a notice for a document of an unknown kind in place of an error, as for the files of a folder. */
  readonly skipUnknown?: boolean | undefined;
}

/** Default limit for a file (characters): a rendered chart with custom resource definitions has some millions. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/**
 * Reads the images that a file names. Its content tells its kind: Kubernetes manifests of any kind, a Compose file, a list
 * of references (one a line), an `images.yaml` of mindthegap, or an `Images` manifest of hauler. A file may have several
 * YAML documents.
 *
 * @throws ImageError INVALID (a template, not YAML, an unknown kind, not a reference), with the lines
 */
export function parseImageList(
  { text, path, limit = MAX_CHARACTERS }: YamlFile,
  { variables = {}, skipUnknown = false }: ImageListOptions = {},
): ImageList {
  const content = new ListContent(path);
  const why = reasonNotToParse(text, limit);
  if (why !== undefined) content.addProblem(1, why);
  else if (isLines(text)) addImagesOfLines(text, content);
  else
    for (const document of readDocuments(text, content))
      addDocument(document, content, { variables, skipUnknown });
  content.requireValid();
  const { images, notices } = content;
  return { images, notices };
}

function addDocument(
  document: Value,
  content: ListContent,
  { variables, skipUnknown }: { readonly variables: Variables; readonly skipUnknown: boolean },
): void {
  if (document.kind === 'text' && document.text === '') return;
  if (document.kind === 'map') {
    if (isHauler(document)) return addHaulerImages(document, content);
    if (textField(document, 'kind') !== undefined) return addKubernetesImages(document, content);
    if (isCompose(document)) return addComposeImages(document, content, variables);
    if (isMindthegap(document)) return addMindthegapImages(document, content);
    if (document.fields.size === 0) return;
  }
  if (skipUnknown) content.addNotice(document.line, 'neither a manifest nor a list: skipped');
  else content.addProblem(document.line, 'this document is no list of images', KINDS);
}

const KINDS =
  'Known are Kubernetes manifests, Compose files, references one a line, lists of mindthegap and manifests of hauler.';
