/** A list as it is on the wire. */
export interface ListAnswer<T> {
  /** Always `list`. */
  object: "list";
  /** Newest first. */
  data: T[];
  /** Whether there are older ones. */
  has_more: boolean;
  /** What to ask the next page with. */
  next_cursor: string | null;
}

/** Reads the page that a cursor leads to; the first one for `null`. */
export type PageReader<T> = (cursor: string | null) => Promise<ListAnswer<T>>;

/** One page of a list. Iterating over it goes on through all pages that follow. */
export class Page<T> implements AsyncIterable<T>, ListAnswer<T> {
  /** Always `list`. */
  readonly object = "list";
  /** The resources of this page, newest first. */
  readonly data: T[];
  /** Whether there is a page after this one. */
  readonly has_more: boolean;
  /** The `cursor` of the page after this one. */
  readonly next_cursor: string | null;
  readonly #read: PageReader<T>;

  /**
   * @param answer - this page.
   * @param read - reads other pages.
   */
  constructor(answer: ListAnswer<T>, read: PageReader<T>) {
    this.data = answer.data;
    this.has_more = answer.has_more;
    this.next_cursor = answer.next_cursor;
    this.#read = read;
  }

  /** The page after this one; `null` after the last. */
  async nextPage(): Promise<Page<T> | null> {
    if (!this.has_more || this.next_cursor === null) return null;
    return new Page(await this.#read(this.next_cursor), this.#read);
  }

  /** The resources of this page and of all that follow. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let page: Page<T> | null = this; page !== null; page = await page.nextPage()) yield* page.data;
  }
}

/**
 * A list that was asked for: `await` gives its first page, `for await` all its resources.
 *
 * Nothing is sent before one of the two.
 */
export class PagePromise<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #read: PageReader<T>;
  #first: Promise<Page<T>> | undefined;

  /** @param read - reads a page. */
  constructor(read: PageReader<T>) {
    this.#read = read;
  }

  /** As of any promise: this is what `await` calls. */
  then<A = Page<T>, B = never>(
    onPage?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#load().then(onPage, onError);
  }

  /** As of any promise. */
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Page<T> | B> {
    return this.#load().catch(onError);
  }

  /** As of any promise. */
  finally(onEnd?: (() => void) | null): Promise<Page<T>> {
    return this.#load().finally(onEnd);
  }

  /** The resources of all pages. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.#load();
  }

  #load(): Promise<Page<T>> {
    this.#first ??= this.#read(null).then((answer) => new Page(answer, this.#read));
    return this.#first;
  }
}
