import type { CertBundle } from '@meshwork/core/x509'
import type { ListenerView } from '../engine/index.ts'
import type { SocketAddress } from '../model/address.ts'
import { type AdminPage, jsonAnswer, textAnswer } from './admin-page.ts'

/** What the pages tell about the process as a whole. */
export interface ProxyState {
  readonly version: string
  readonly node: string
  /** null: ready. Otherwise what is still missing, for people. */
  notReady(): string | null
  uptimeMs(): number
  certificates(): CertBundle | null
  nowMs(): number
}

/** `health`: what `/healthcheck/fail` switches. */
export function readyPage(state: ProxyState, health: { readonly failed: boolean }): AdminPage {
  return {
    path: '/ready',
    help: 'print LIVE and answer 200 once the first configuration runs and the certificate is there, otherwise 503',
    changes: false,
    answer: () => {
      const missing = state.notReady()
      if (missing === null && health.failed) return textAnswer('DRAINING\n', 503)
      return missing === null ? textAnswer('LIVE\n') : textAnswer(`INITIALIZING: ${missing}\n`, 503)
    },
  }
}

/** envoy.admin.v3.ServerInfo.State, as far as a proxy of ours has such states. */
export function serverStateOf(state: ProxyState, health: { readonly failed: boolean }): 'INITIALIZING' | 'DRAINING' | 'LIVE' {
  if (state.notReady() !== null) return 'INITIALIZING'
  return health.failed ? 'DRAINING' : 'LIVE'
}

/** envoy.admin.v3.ServerInfo, as far as it applies. */
export function serverInfoPage(state: ProxyState, health: { readonly failed: boolean }): AdminPage {
  return {
    path: '/server_info',
    help: 'print version, state and node',
    changes: false,
    answer: () => {
      const uptime = `${Math.floor(state.uptimeMs() / 1000)}s`
      return jsonAnswer({
        version: `meshwork/${state.version}`,
        state: serverStateOf(state, health),
        uptime_current_epoch: uptime,
        uptime_all_epochs: uptime,
        node: { id: state.node, user_agent_name: 'meshwork' },
      })
    },
  }
}

/** `name::address` per bound listener, or `format=json`. */
export function listenersPage(listeners: () => readonly ListenerView[]): AdminPage {
  return {
    path: '/listeners',
    help: 'print listeners and where they listen; ?format=json',
    changes: false,
    answer: ({ query }) =>
      query.get('format') === 'json'
        ? jsonAnswer({ listener_statuses: listeners().map(listenerStatus) })
        : textAnswer(
            listeners()
              .flatMap(({ config, boundAddress }) => (boundAddress === null ? [] : `${config.name}::${placeOf(boundAddress)}\n`))
              .join(''),
          ),
  }
}

function listenerStatus({ config, boundAddress }: ListenerView): unknown {
  const address = boundAddress ?? config.address
  return {
    name: config.name,
    local_address:
      address.kind === 'pipe' ? { pipe: { path: address.path } } : { socket_address: { address: address.host, port_value: address.port } },
  }
}

function placeOf(address: SocketAddress): string {
  return address.kind === 'pipe' ? address.path : `${address.host}:${address.port}`
}
