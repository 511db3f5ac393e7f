// A pilot whose configuration the bench feeds as a watch of an API would: batches of objects.
// Arguments: a JSON file with PEM texts (certificateChain, privateKey, clientRoots). Commands come as messages of the parent.
import { readFileSync } from 'node:fs'
import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { ConfigBatch, ConfigSource } from '@meshwork/config/source'
import { startAll } from '@meshwork/core/lifecycle'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { createPilot } from '@meshwork/pilot/serve'

export interface ApplyCommand {
  readonly kind: 'apply'
  readonly documents: readonly object[]
}
/** `at`: nanoseconds of the monotonic clock when the change had been read and was handed to pilot. */
export type PilotAnswer = { readonly kind: 'ready'; readonly port: number } | { readonly kind: 'applied'; readonly at: string }

const [file = ''] = process.argv.slice(2)
let sink: (batch: ConfigBatch) => void = () => undefined
const source: ConfigSource = {
  start: to => {
    sink = to
    return Promise.resolve()
  },
  close: () => Promise.resolve(),
}

const pilot = createPilot({
  sources: new Map([['bench', source]]),
  mesh: DEFAULT_MESH_CONFIG,
  clusterDomain: 'cluster.local',
  xdsAddresses: [],
  secureXds: {
    addresses: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
    tls: JSON.parse(readFileSync(file, 'utf8')),
    trustDomain: 'cluster.local',
    tokens: null,
  },
  httpAddress: { kind: 'tcp', host: '127.0.0.1', port: 0 },
  quietMs: 20,
  maxMs: 10_000,
  clock: systemClock,
  log: silentLogger,
})
await startAll(pilot.runners, silentLogger)

function answer(message: PilotAnswer): void {
  process.send?.(message)
}

process.on('message', (command: ApplyCommand) => {
  const { objects, rejections } = readText(command.documents.map(document => JSON.stringify(document)).join('\n---\n'), 'bench.yaml')
  const [first] = rejections
  if (first !== undefined) throw new Error(JSON.stringify(first.violations))
  const at = process.hrtime.bigint()
  sink({ upserts: objects, deletes: [], rejections: [] })
  answer({ kind: 'applied', at: String(at) })
})
answer({ kind: 'ready', port: pilot.xds.securePorts[0] ?? 0 })
