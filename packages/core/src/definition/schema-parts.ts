export const text = (description: string, ...examples: string[]) => ({
  type: 'string',
  minLength: 1,
  description,
  ...(examples.length ? { examples } : {}),
});
export const texts = (description: string) => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  description,
});
export const map = (description: string) => ({
  type: 'object',
  additionalProperties: { type: 'string', pattern: '^[^\\0]*$' },
  description,
});
/** Text for one line of a Dockerfile, or a path: no control characters. */
export const line = (description: string, ...examples: string[]) => ({
  ...text(description, ...examples),
  maxLength: 4096,
  pattern: '^[^\\p{Cc}]+$',
});
