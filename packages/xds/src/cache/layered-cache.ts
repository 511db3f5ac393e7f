import type { XdsResource } from '../types/resource.ts'
import type { CacheListener, ResourceSet, XdsCache } from './cache.ts'
import { LayeredSet } from './layered-set.ts'
import { type Replacement, Replacements } from './replacements.ts'
import { Watchers } from './watchers.ts'

type Layer = ReadonlyMap<string, ResourceSet>
type Change = readonly [typeUrl: string, replacement: Replacement]

interface View {
  readonly layers: readonly string[]
  /** By type; made again when one of the layers changed. */
  readonly sets: Map<string, ResourceSet>
}

/**
 * Views put together from layers that several of them share: a change of a layer is stored once, however many views have it.
 * Owned by the control plane's push loop; streams read it. Replacing a layer with an equal one tells nobody.
 */
export class LayeredCache implements XdsCache {
  private readonly layers = new Map<string, Layer>()
  private readonly views = new Map<string, View>()
  private readonly users = new Map<string, Set<string>>()
  private readonly watchers = new Watchers()
  private readonly replacements = new Replacements()

  resources(viewKey: string, typeUrl: string): ResourceSet | undefined {
    const view = this.views.get(viewKey)
    if (view === undefined) return undefined
    const known = view.sets.get(typeUrl)
    if (known !== undefined) return known
    const sets = view.layers.flatMap(layer => this.layers.get(layer)?.get(typeUrl) ?? [])
    const [first] = sets
    if (first === undefined) return undefined
    const filled = sets.filter(({ size }) => size > 0)
    const [only = first] = filled
    const set = filled.length <= 1 ? only : new LayeredSet(filled)
    view.sets.set(typeUrl, set)
    return set
  }

  watch(viewKey: string, typeUrl: string, changed: CacheListener): () => void {
    return this.watchers.add(watchKey(viewKey, typeUrl), changed)
  }

  /** Says of which layers a view consists; they are there already. Watchers of a view that had others are told. */
  setView(viewKey: string, layers: readonly string[]): void {
    const before = this.views.get(viewKey)?.layers
    if (before?.length === layers.length && before.every((layer, index) => layer === layers[index])) return
    this.drop(viewKey)
    this.views.set(viewKey, { layers, sets: new Map() })
    for (const layer of layers) this.users.set(layer, (this.users.get(layer) ?? new Set()).add(viewKey))
    if (before === undefined) return
    const types = new Set([...before, ...layers].flatMap(layer => [...(this.layers.get(layer)?.keys() ?? [])]))
    for (const typeUrl of types) this.watchers.notify(watchKey(viewKey, typeUrl), null)
  }

  /** Forgets a view that no client uses. Its layers stay until they are dropped. */
  drop(viewKey: string): void {
    for (const layer of this.views.get(viewKey)?.layers ?? []) this.users.get(layer)?.delete(viewKey)
    this.views.delete(viewKey)
  }

  dropLayer(layer: string): void {
    this.layers.delete(layer)
    this.users.delete(layer)
  }

  /** Replaces the types of a layer that `types` has; watchers are told when all of them are in place. Other types stay. */
  update(layerKey: string, types: ReadonlyMap<string, Iterable<XdsResource>>): void {
    const before = this.layers.get(layerKey)
    this.change(
      layerKey,
      [...types].map(([typeUrl, resources]) => [typeUrl, this.replacements.replace(before?.get(typeUrl), resources)]),
    )
  }

  /** Replaces single resources of a layer that has them already. Cost follows the change. */
  patch(layerKey: string, types: readonly (readonly [typeUrl: string, resources: readonly XdsResource[]])[]): void {
    const layer = this.layers.get(layerKey)
    this.change(
      layerKey,
      types.flatMap(([typeUrl, resources]) => {
        const before = layer?.get(typeUrl)
        return before === undefined || resources.length === 0 ? [] : [[typeUrl, this.replacements.patch(before, resources)] as const]
      }),
    )
  }

  private change(layerKey: string, types: readonly Change[]): void {
    const changes = types.filter(([, { names }]) => names?.size !== 0)
    if (changes.length === 0) return
    const after = new Map(this.layers.get(layerKey))
    for (const [typeUrl, { set }] of changes) after.set(typeUrl, set)
    this.layers.set(layerKey, after)
    const views = [...(this.users.get(layerKey) ?? [])]
    for (const view of views) for (const [typeUrl] of changes) this.views.get(view)?.sets.delete(typeUrl)
    for (const view of views) for (const [typeUrl, { names }] of changes) this.watchers.notify(watchKey(view, typeUrl), names)
  }

  viewKeys(): readonly string[] {
    return [...this.views.keys()]
  }
}

function watchKey(viewKey: string, typeUrl: string): string {
  return `${typeUrl}\n${viewKey}`
}
