import { getJson } from './get-json.ts'
import { asList, asObject, asText } from './json-reader.ts'

/** How far a proxy is with one type of configuration. */
export type SyncState =
  | ({ readonly kind: 'synced' } & SyncMoment)
  /** Sent, no answer yet. */
  | ({ readonly kind: 'stale' } & SyncMoment)
  /** `message`: the proxy's own words. */
  | ({ readonly kind: 'rejected'; readonly message: string } & SyncMoment)
  | { readonly kind: 'not-sent' }

export interface SyncMoment {
  /** Of the configuration, a hash of its content. */
  readonly version: string
  /** Milliseconds since the epoch; 0 if pilot does not say. */
  readonly since: number
}

export const SYNC_TYPES = ['cluster', 'listener', 'endpoint', 'route'] as const
export type SyncType = (typeof SYNC_TYPES)[number]

export interface ProxySync {
  /** Node id. */
  readonly proxy: string
  /** `<pod>.<namespace>`. */
  readonly name: string
  /** What it is: `meshwork 0.1.0`, `envoy`. */
  readonly version: string
  readonly types: Readonly<Record<SyncType, SyncState>>
}

/** Asks pilot what each connected proxy was sent and has acknowledged. */
export async function syncStatus(pilotDebug: string): Promise<readonly ProxySync[]> {
  return readSyncStatus(await getJson('pilot', `http://${pilotDebug}/debug/syncz`))
}

export function readSyncStatus(answer: unknown): readonly ProxySync[] {
  return asList(answer)
    .map(asObject)
    .map(each => {
      const proxy = asText(each['proxy'])
      return {
        proxy,
        name: proxy.split('~')[2] ?? proxy,
        version: asText(each['version']),
        types: {
          cluster: stateOf(each['cds']),
          listener: stateOf(each['lds']),
          endpoint: stateOf(each['eds']),
          route: stateOf(each['rds']),
        },
      }
    })
}

function stateOf(value: unknown): SyncState {
  const { state, message, version, since } = asObject(value)
  const moment = { version: asText(version), since: typeof since === 'number' ? since : 0 }
  switch (state) {
    case 'SYNCED':
      return { kind: 'synced', ...moment }
    case 'STALE':
      return { kind: 'stale', ...moment }
    case 'NACK':
      return { kind: 'rejected', message: asText(message), ...moment }
    default:
      return { kind: 'not-sent' }
  }
}

/** One word for a whole proxy: the worst of its types. */
export function overallSync(sync: ProxySync | undefined): string {
  if (sync === undefined) return 'NOT CONNECTED'
  const kinds = SYNC_TYPES.map(type => sync.types[type].kind)
  if (kinds.includes('rejected')) return 'REJECTED'
  if (kinds.includes('stale')) return 'STALE'
  return kinds.includes('synced') ? 'SYNCED' : 'NOT SENT'
}
