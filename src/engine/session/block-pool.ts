/** A full block whose content is known: what it continues, and its tokens. */
interface KnownBlock {
  readonly id: number;
  readonly block: number;
  readonly key: string;
}

/** The blocks of a row, and how many of its first tokens are in them already. */
export interface RowBlocks {
  readonly blocks: readonly number[];
  readonly knownTokens: number;
}

/**
 * Shares a cache of equal blocks out to rows (Kwon et al. 2023, PagedAttention). Rows of one realm that begin alike share
 * the full blocks of their beginning; a block that nobody holds any more keeps its content until its room is needed, the
 * oldest first.
 */
export class BlockPool {
  readonly blockTokens: number;
  readonly #blocks: number;
  readonly #free: number[];
  readonly #holders: Int32Array;
  readonly #known = new Map<string, KnownBlock>();
  readonly #knownOf = new Map<number, KnownBlock>();
  /** Known blocks without holders, the oldest first. */
  readonly #idle = new Set<number>();
  #ids = 0;

  constructor(blocks: number, blockTokens: number) {
    this.blockTokens = blockTokens;
    this.#blocks = blocks;
    this.#free = Array.from({ length: blocks }, (_, index) => blocks - 1 - index);
    this.#holders = new Int32Array(blocks);
  }

  /** Of the whole pool. */
  get tokens(): number {
    return this.#blocks * this.blockTokens;
  }

  get freeBlocks(): number {
    return this.#free.length + this.#idle.size;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /**
   * Blocks for a row that begins with `ids` and grows to `tokens`; undefined when too few are free. At least one token of
   * `ids` is left to compute, so that there is a prediction.
   */
  take(ids: readonly number[], tokens: number, realm: string): RowBlocks | undefined {
    const shared: number[] = [];
    for (const known of this.#beginning(ids.slice(0, -1), realm)) shared.push(known.block);
    const idleShared = shared.filter((block) => this.#idle.has(block)).length;
    const count = this.blocksFor(tokens) - shared.length;
    if (count > this.freeBlocks - idleShared) return undefined;
    for (const block of shared) this.#hold(block);
    const fresh = Array.from({ length: count }, () => this.#takeFree());
    for (const block of fresh) this.#hold(block);
    return { blocks: [...shared, ...fresh], knownTokens: shared.length * this.blockTokens };
  }

  /**
   * The first `computed` tokens of a row are in its blocks, or will be before any row that is taken from now on reads
   * them: a pass stores the keys and values of all its tokens before it attends to any.
   */
  know(ids: readonly number[], computed: number, blocks: readonly number[], realm: string): void {
    let parent = realm;
    for (let index = 0; (index + 1) * this.blockTokens <= Math.min(computed, ids.length); index++) {
      const key = this.#key(parent, ids, index);
      let known = this.#known.get(key);
      if (known === undefined && !this.#knownOf.has(blocks[index]!)) {
        known = { id: this.#ids++, block: blocks[index]!, key };
        this.#known.set(key, known);
        this.#knownOf.set(known.block, known);
      }
      if (known === undefined) return;
      parent = String(known.id);
    }
  }

  release({ blocks }: RowBlocks): void {
    for (const block of blocks) {
      this.#holders[block]! -= 1;
      if (this.#holders[block]! > 0) continue;
      if (this.#knownOf.has(block)) this.#idle.add(block);
      else this.#free.push(block);
    }
  }

  /** Forgets everything: all blocks are free, and none has a content. */
  reset(): void {
    this.#free.splice(0, this.#free.length, ...Array.from({ length: this.#blocks }, (_, index) => index));
    this.#holders.fill(0);
    for (const map of [this.#known, this.#knownOf, this.#idle]) map.clear();
  }

  *#beginning(ids: readonly number[], realm: string): Generator<KnownBlock> {
    let parent = realm;
    for (let index = 0; (index + 1) * this.blockTokens <= ids.length; index++) {
      const known = this.#known.get(this.#key(parent, ids, index));
      if (known === undefined) return;
      yield known;
      parent = String(known.id);
    }
  }

  /** Ids are never used again: a block whose beginning was forgotten is never found. */
  #key(parent: string, ids: readonly number[], index: number): string {
    return `${parent}:${ids.slice(index * this.blockTokens, (index + 1) * this.blockTokens).join()}`;
  }

  #hold(block: number): void {
    this.#idle.delete(block);
    this.#holders[block]! += 1;
  }

  #takeFree(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const [oldest] = this.#idle;
    if (oldest === undefined) throw new Error("Internal error: no block is free");
    this.#idle.delete(oldest);
    const known = this.#knownOf.get(oldest)!;
    this.#known.delete(known.key);
    this.#knownOf.delete(oldest);
    return oldest;
  }
}
