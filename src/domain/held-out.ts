/**
 * Which of `count` questions nothing is selected on: a share of them, spread evenly, by their number alone. 0.5 is every
 * second one.
 */
export function heldOutQuestions(count: number, share: number): boolean[] {
  // A share of 0.1 is not exactly a tenth: without the sliver, 10 · 0.1 may stay below 1.
  const until = (index: number): number => Math.floor(index * share + 1e-9);
  return Array.from({ length: count }, (_, index) => until(index + 1) > until(index));
}
