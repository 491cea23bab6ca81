/**
 * The first part of image names for a project: the last segment of its name, with other characters than those of names
 * replaced, as `my-app` for `@org/My_App`.
 */
export function projectPart(owner: string): string {
  const last = owner.slice(Math.max(owner.lastIndexOf('/'), owner.lastIndexOf(':')) + 1);
  return last
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/[-.]*\.[-.]*/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '');
}
