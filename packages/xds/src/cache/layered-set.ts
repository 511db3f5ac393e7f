import type { XdsResource } from '../types/resource.ts'
import type { ResourceSet } from './cache.ts'

/** Several sets read as one; of a name that two of them have, the earlier counts. Holds no copy, so many views can share layers. */
export class LayeredSet implements ResourceSet {
  readonly layers: readonly ResourceSet[]

  private repeats: boolean | null = null

  constructor(layers: readonly ResourceSet[]) {
    this.layers = layers
  }

  /** Whether two layers have a name in common. */
  get overlaps(): boolean {
    this.repeats ??= this.layers.some((layer, index) => index > 0 && repeats(layer, this.layers.slice(0, index)))
    return this.repeats
  }

  /** Of layers without a name in common; else it counts such names twice. */
  get size(): number {
    return this.layers.reduce((sum, layer) => sum + layer.size, 0)
  }

  get(name: string): XdsResource | undefined {
    for (const layer of this.layers) {
      const found = layer.get(name)
      if (found !== undefined) return found
    }
    return undefined
  }

  has(name: string): boolean {
    return this.layers.some(layer => layer.has(name))
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name
  }

  *values(): IterableIterator<XdsResource> {
    for (const [, resource] of this) yield resource
  }

  *[Symbol.iterator](): IterableIterator<[string, XdsResource]> {
    for (const [index, layer] of this.layers.entries()) {
      const earlier = this.layers.slice(0, index)
      for (const entry of layer) if (!earlier.some(other => other.has(entry[0]))) yield entry
    }
  }
}

function repeats(layer: ResourceSet, earlier: readonly ResourceSet[]): boolean {
  for (const name of layer.keys()) if (earlier.some(other => other.has(name))) return true
  return false
}
