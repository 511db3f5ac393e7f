// Simulated proxies: one process with many real gRPC streams over mutual TLS, half of them state of the world, half delta.
// Knows nothing of who serves them: any xDS server will do. Commands come as messages of the parent.
import { FleetClient, type FleetNode, type FleetTls, SHORT_TYPES, type ShortType } from './fleet-client.ts'

export interface FleetMember {
  readonly variant: 'sotw' | 'delta'
  readonly node: FleetNode
  /** Which of the certificates; -1: plain text. */
  readonly tls: number
}

export type FleetCommand =
  | {
      readonly kind: 'connect'
      readonly address: string
      readonly members: readonly FleetMember[]
      readonly certificates: readonly FleetTls[]
    }
  /** Forgets what was acknowledged so far. */
  | { readonly kind: 'mark' }
  /** `expected`: times are told when so many clients have some; telling them all the time would cost more than receiving. */
  | { readonly kind: 'report'; readonly type: ShortType | null; readonly expected: number }
  | { readonly kind: 'disconnect' }

export interface FleetReport {
  readonly kind: 'report'
  readonly clients: number
  readonly complete: number
  /** Clients that have acknowledged the type asked for. */
  readonly acked: number
  readonly failures: readonly string[]
  /**
   * Of the type asked for (of all types for null): nanoseconds of the monotonic clock, a text per client that has acknowledged; none before that
   * many have as were expected.
   */
  readonly ackedAt: readonly string[]
  readonly completeAt: readonly string[]
  readonly responses: number
  readonly bytes: number
}

let clients: FleetClient[] = []

process.on('message', (command: FleetCommand) => {
  if (command.kind === 'connect') {
    clients = command.members.map(
      ({ variant, node, tls }) => new FleetClient(command.address, variant, node, command.certificates[tls] ?? null),
    )
  } else if (command.kind === 'mark') for (const client of clients) client.mark()
  else if (command.kind === 'disconnect') {
    for (const client of clients) client.close()
    clients = []
  }
  process.send?.(command.kind === 'report' ? report(command.type, command.expected) : report(null, Infinity))
})

function report(type: ShortType | null, expected: number): FleetReport {
  const types = type === null ? SHORT_TYPES : [type]
  const acked = clients.flatMap(({ ackedAt }) => {
    const last = types.reduce((latest, each) => (ackedAt[each] > latest ? ackedAt[each] : latest), 0n)
    return last === 0n ? [] : [last]
  })
  const complete = clients.flatMap(client => client.complete ?? [])
  return {
    kind: 'report',
    clients: clients.length,
    complete: complete.length,
    acked: acked.length,
    failures: [...new Set(clients.flatMap(({ failure }) => failure ?? []))].slice(0, 5),
    ackedAt: acked.length < expected ? [] : acked.map(String),
    completeAt: complete.length < expected ? [] : complete.map(String),
    responses: clients.reduce((sum, client) => sum + client.responses, 0),
    bytes: clients.reduce((sum, client) => sum + client.bytes, 0),
  }
}
process.send?.({ kind: 'ready' })
