/** Whether a version (`1.48`, `22.1.0`, perhaps with a word behind it) is another one or newer; at most three numbers count. */
export function isAtLeast(version: string, least: string): boolean {
  const [numbers, others] = [version, least].map((each) =>
    each.split('.', 3).map((part) => parseInt(part, 10)),
  );
  const at = others?.findIndex((number, index) => numbers?.[index] !== number) ?? -1;
  return at < 0 || (numbers?.[at] ?? 0) > (others?.[at] ?? 0);
}
