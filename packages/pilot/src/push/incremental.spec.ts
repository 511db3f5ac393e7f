import { readText } from '@meshwork/config/file'
import { type ConfigObject, DEFAULT_MESH_CONFIG, objectKeyText } from '@meshwork/config/kinds'
import { keyOf } from '@meshwork/config/source'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { Random, randomWorld, validObject } from '@meshwork/testkit/random'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { parseProxyNode } from '../view/proxy-node.ts'
import { viewIdentity } from '../view/view-identity.ts'
import { PushLoop } from './push-loop.ts'

/** Long form: `MESHWORK_PROPERTY_RUNS=2000 vitest run --project unit packages/pilot/src/push/incremental`. */
const { MESHWORK_PROPERTY_RUNS: LONG_RUNS } = process.env
const RUNS = Number(LONG_RUNS ?? 15)
const EDITS = 6
const KINDS = [
  'VirtualService',
  'DestinationRule',
  'Gateway',
  'ServiceEntry',
  'WorkloadEntry',
  'Sidecar',
  'PeerAuthentication',
  'RequestAuthentication',
  'AuthorizationPolicy',
  'Telemetry',
  'EnvoyFilter',
  'MeshConfig',
] as const
const NODES = [
  ['sidecar~10.44.3.1~productpage-v1-1.default~default.svc.cluster.local', { app: 'productpage', version: 'v1' }],
  ['router~10.44.2.1~gw-1.istio-system~istio-system.svc.cluster.local', { istio: 'ingressgateway' }],
] as const
const WORLD = parsed(randomWorld())

function parsed(text: string): readonly ConfigObject[] {
  return readText(text, 'random.yaml').objects
}

/** A control plane without sockets, with the views of both nodes. */
class Plane {
  private readonly loop: PushLoop

  constructor() {
    const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
    const nothing = (): void => undefined
    const log = { ...silentLogger, error: (message: string, fields: unknown) => expect.fail(`${message} ${JSON.stringify(fields)}`) }
    this.loop = new PushLoop({ store, clock: new ManualClock(), log, quietMs: 0, maxMs: 0, snapshotChanged: nothing, pushed: nothing })
    this.apply(WORLD, [])
  }

  apply(upserts: readonly ConfigObject[], deletes: readonly ConfigObject[]): void {
    this.loop.apply('test', { upserts, deletes: deletes.map(keyOf), rejections: [] })
    this.loop.flush()
  }

  /** Version, which is a hash of the bytes, of every resource by type and name. */
  resources(): ReadonlyMap<string, string> {
    const keys = NODES.map(([id, labels]) => {
      const node = parseProxyNode({
        id,
        cluster: '',
        metadata: { LABELS: labels },
        locality: { region: '', zone: '', subZone: '' },
        userAgentName: '',
      })
      if (node.kind === 'err') throw new Error(node.error)
      return this.loop.ensure(viewIdentity(node.value, this.loop.snapshot))
    })
    const views = keys.map(key => this.loop.view(key))
    this.loop.retain(new Set(keys))
    return new Map(
      views.flatMap((view, i) => {
        const { findings: _findings, ...resources } = view ?? { findings: [] }
        return Object.values(resources).flatMap(list =>
          list.map(({ resource: { typeUrl, name, version } }) => [`${i} ${typeUrl} ${name}`, version] as const),
        )
      }),
    )
  }
}

test(
  `after random edits of random valid objects the resources are those of a fresh start (${RUNS} runs)`,
  () => {
    fc.assert(
      fc.property(fc.nat(), seed => {
        const random = new Random(seed)
        const incremental = new Plane()
        const left = new Map<string, ConfigObject>()
        for (let i = 0; i < EDITS; i++) {
          const known = [...left.values()]
          if (known.length > 0 && random.chance(0.25)) {
            const gone = known[random.below(known.length)]
            if (gone !== undefined) {
              left.delete(objectKeyText(keyOf(gone)))
              incremental.apply([], [gone])
            }
          } else {
            const written = validObject(random.pick(KINDS), `o${random.below(4)}`, random)
            const [object] = parsed(stringify(written))
            if (object === undefined) continue
            left.set(objectKeyText(keyOf(object)), object)
            incremental.apply([object], [])
          }
          // Every edit makes resources, so that something is remembered which the next edit must not keep.
          incremental.resources()
        }
        const fresh = new Plane()
        fresh.apply([...left.values()], [])
        expect(Object.fromEntries(incremental.resources())).toEqual(Object.fromEntries(fresh.resources()))
      }),
      // The short form is always the same, so that a run of CI says something about the change and not about chance.
      LONG_RUNS === undefined ? { numRuns: RUNS, seed: 1 } : { numRuns: RUNS },
    )
  },
  RUNS * 1_000 + 60_000,
)
