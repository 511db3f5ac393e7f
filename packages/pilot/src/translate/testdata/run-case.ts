import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { parseDocument, stringify } from 'yaml'
import type { GeneratedView } from '../../push/generated-view.ts'
import { ViewGenerator } from '../../push/view-generator.ts'
import { configDump, type ConfigDump, type DumpEntry } from '../../serve/config-dump.ts'
import type { MeshSnapshot } from '../../snapshot/mesh-snapshot.ts'
import { SnapshotStore } from '../../snapshot/snapshot-store.ts'
import { parseProxyNode } from '../../view/proxy-node.ts'
import { viewIdentity } from '../../view/view-identity.ts'
import { planView } from '../../view/view-plan.ts'

/** The first document of a case: which proxy asks, and which of its resources matter here. */
interface CaseHead {
  readonly node: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Names to show, `*` at the end standing for anything. All if absent. */
  readonly show?: readonly string[]
}

/** The names of the cases in a `testdata` folder. */
export function casesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter(file => file.endsWith('.in.yaml'))
    .map(file => basename(file, '.in.yaml'))
}

/** What follows a line `# cluster: west` is in the other cluster of that name. */
export function snapshotOf(text: string, name: string = 'test.yaml'): MeshSnapshot {
  const [own = '', ...others] = text.split(/^# cluster: (.*)$/m)
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  store.apply('test', batchOf(own, name))
  for (let i = 0; i < others.length; i += 2) store.applyRemote(others[i] ?? '', batchOf(others[i + 1] ?? '', name))
  return store.current()
}

export function batchOf(text: string, name: string): ConfigBatch {
  const { objects, rejections } = readText(text, name)
  const [first] = rejections
  if (first !== undefined) throw new Error(`${name}:${first.origin.line}: ${JSON.stringify(first.violations)}`)
  return { upserts: objects, deletes: [], rejections }
}

export function generate(snapshot: MeshSnapshot, id: string, metadata: Readonly<Record<string, unknown>> = {}): GeneratedView {
  const node = parseProxyNode({ id, cluster: '', metadata, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' })
  if (node.kind === 'err') throw new Error(node.error)
  return new ViewGenerator().generate(planView(viewIdentity(node.value, snapshot, true), snapshot))
}

/** What the proxy of a case is given, of one kind of resource, as YAML. */
export function runCase(folder: string, name: string, area: keyof ConfigDump): string {
  const [head = '', ...rest] = readFileSync(join(folder, `${name}.in.yaml`), 'utf8').split(/^---$/m)
  const { node, metadata, show }: CaseHead = parseDocument(head).toJS()
  const dump = configDump(generate(snapshotOf(rest.join('---'), `${name}.in.yaml`), node, metadata))
  const chosen = dump[area].filter(entry => show === undefined || show.some(pattern => matches(entry.name, pattern)))
  return stringify(chosen.map(shown), { lineWidth: 0, aliasDuplicateObjects: false })
}

function shown({ resource }: DumpEntry): unknown {
  return JSON.parse(JSON.stringify(resource, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
