import { decodeJson, type JsonValue } from '@meshwork/protos/json'
import { type AdminPage, jsonAnswer } from './admin-page.ts'

/** envoy.admin.v3.Memory, with the heap of V8 in place of the allocator's. Bytes, as text. */
export function memoryPage(): AdminPage {
  return {
    path: '/memory',
    help: 'print how much memory is used',
    changes: false,
    answer: () => {
      const { heapUsed, heapTotal, external, rss } = process.memoryUsage()
      return jsonAnswer({
        allocated: String(heapUsed + external),
        heap_size: String(heapTotal + external),
        pageheap_unmapped: '0',
        pageheap_free: String(heapTotal - heapUsed),
        total_thread_cache: '0',
        total_physical_bytes: String(rss),
      })
    },
  }
}

/** The layers of the bootstrap and what they say, as Envoy's `/runtime` shows them. */
export function runtimePage(bootstrap: Uint8Array | null): AdminPage {
  return {
    path: '/runtime',
    help: 'print runtime values',
    changes: false,
    answer: () => {
      const layers = layersOf(bootstrap)
      const keys = [...new Set(layers.flatMap(({ values }) => [...values.keys()]))].toSorted()
      const entries = keys.map(key => {
        const layerValues = layers.map(({ values }) => values.get(key) ?? '')
        // A later layer replaces an earlier one.
        return [key, { final_value: layerValues.findLast(value => value !== '') ?? '', layer_values: layerValues }] as const
      })
      return jsonAnswer({ layers: layers.map(({ name }) => name), entries: Object.fromEntries(entries) })
    },
  }
}

interface Layer {
  readonly name: string
  readonly values: ReadonlyMap<string, string>
}

function layersOf(bootstrap: Uint8Array | null): readonly Layer[] {
  if (bootstrap === null) return []
  const runtime = member(decodeJson('envoy.config.bootstrap.v3.Bootstrap', bootstrap), 'layered_runtime')
  const layers = member(runtime, 'layers')
  if (!Array.isArray(layers)) return []
  return layers.map(layer => {
    const name = member(layer, 'name')
    return { name: typeof name === 'string' ? name : '', values: new Map(flattened(member(layer, 'static_layer'), '')) }
  })
}

/** Envoy joins the names of nested fields with dots. */
function flattened(value: JsonValue | undefined, prefix: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? flattened(inner, `${prefix}${name}.`)
      : [[`${prefix}${name}`, typeof inner === 'string' ? inner : JSON.stringify(inner)] as const],
  )
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined
}

/** envoy.admin.v3.UnreadyTargetsDumps: what a start still waits for, by type. */
export function initDumpPage(waiting: () => Readonly<Record<string, readonly string[]>>): AdminPage {
  return {
    path: '/init_dump',
    help: 'print what the start still waits for',
    changes: false,
    answer: () => {
      const dumps = Object.entries(waiting()).flatMap(([name, targets]) => (targets.length === 0 ? [] : [{ name, target_names: targets }]))
      return jsonAnswer(dumps.length === 0 ? {} : { unready_targets_dumps: dumps })
    },
  }
}
