import type { WantedSet } from './wanted-set.ts'

/** Names found in the books of one type, computed again only after the books changed. */
export class DerivedNames<T> {
  private readonly books: WantedSet<T>
  private readonly find: (books: WantedSet<T>) => ReadonlySet<string>
  private revision = -1
  private names: ReadonlySet<string> = new Set()

  constructor(books: WantedSet<T>, find: (books: WantedSet<T>) => ReadonlySet<string>) {
    this.books = books
    this.find = find
  }

  get current(): ReadonlySet<string> {
    if (this.revision !== this.books.revision) {
      this.names = this.find(this.books)
      this.revision = this.books.revision
    }
    return this.names
  }
}
