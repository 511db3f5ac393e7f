import { parse } from 'yaml'
import { type Fields, isFields } from './json.ts'

/** Pods of one workload get the same text; so many workloads start pods at a time. A text is some 4 KB long. */
const MOST_TEXTS = 256

/**
 * Reads what templates make. Reading is most of the time that an injection takes, so texts that come again are read once; nobody may
 * change what is given. State: the texts of late, the oldest first.
 */
export class RememberedYaml {
  private readonly known = new Map<string, Fields>()

  /** Throws what `yaml` throws, and for what is no mapping. An empty text is an empty mapping. */
  read(text: string): Fields {
    const found = this.known.get(text)
    if (found !== undefined) return found
    const value: unknown = parse(text, { maxAliasCount: 0 }) ?? {}
    if (!isFields(value)) throw new Error('makes no mapping')
    const [oldest] = this.known.keys()
    if (this.known.size >= MOST_TEXTS && oldest !== undefined) this.known.delete(oldest)
    this.known.set(text, value)
    return value
  }
}
