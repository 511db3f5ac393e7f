import { type Command, command, type CommandContext } from '../command/command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { requireMesh } from '../local/state/read-state.ts'
import { type ProxySync, SYNC_TYPES, type SyncState, syncStatus } from '../mesh-api/sync-status.ts'
import type { Style } from '../output/style.ts'
import { renderTable } from '../output/table.ts'
import { pathsFor, STATE_OPTION, stateDirOf } from './local/state-option.ts'

interface ProxyStatusInput {
  readonly stateDir: string
  /** Address of pilot's debug port; unset: the one of the local mesh. */
  readonly pilot: string | undefined
}

interface ProxyStatusResult {
  readonly proxies: readonly ProxySync[]
}

export const proxyStatusCommand: Command = command<ProxyStatusInput, ProxyStatusResult>({
  name: 'proxy-status',
  summary: 'which proxies are connected, and what they acknowledged or rejected',
  description:
    'SYNCED: the newest configuration is acknowledged. STALE: it was sent, the answer is missing. REJECTED: the proxy refused it and goes on with the last good one. Exit code 1 unless all are synced.',
  args: [],
  options: [{ flags: '--pilot <address>', summary: "host:port of pilot's debug endpoint (default: of the local mesh)" }, STATE_OPTION],
  examples: [
    { line: 'meshctl proxy-status', what: 'all proxies of the local mesh' },
    { line: 'meshctl proxy-status --pilot 127.0.0.1:15014', what: 'of any pilot' },
  ],
  resultKind: 'ProxyStatus',
  parse: values => ({ stateDir: stateDirOf(values), pilot: values.text('pilot') }),
  run: async ({ stateDir, pilot }, context) => {
    const proxies = await syncStatus(pilot ?? (await localPilot(stateDir, context)))
    return { proxies: proxies.toSorted((a, b) => a.name.localeCompare(b.name)) }
  },
  print: printProxies,
  exitCode: ({ proxies }) => (proxies.every(each => SYNC_TYPES.every(type => isFine(each.types[type]))) ? EXIT.ok : EXIT.bad),
})

async function localPilot(stateDir: string, context: CommandContext): Promise<string> {
  return (await requireMesh(pathsFor(stateDir, context))).controlPlane.pilotDebug
}

function isFine(state: SyncState): boolean {
  return state.kind === 'synced' || state.kind === 'not-sent'
}

function printProxies({ proxies }: ProxyStatusResult, style: Style): string {
  if (proxies.length === 0) return 'no proxy is connected\n'
  const rows = proxies.map(each => [each.name, each.version, ...SYNC_TYPES.map(type => word(each.types[type], style))])
  const reasons = proxies.flatMap(each =>
    SYNC_TYPES.flatMap(type => {
      const state = each.types[type]
      return state.kind === 'rejected' ? [`${style.bad('!')} ${each.name} rejected ${type}: ${state.message}\n`] : []
    }),
  )
  return `${renderTable(['NAME', 'VERSION', 'CDS', 'LDS', 'EDS', 'RDS'], rows)}${reasons.length === 0 ? '' : `\n${reasons.join('')}`}`
}

function word(state: SyncState, style: Style): string {
  switch (state.kind) {
    case 'synced':
      return style.good('SYNCED')
    case 'stale':
      return style.warn('STALE')
    case 'rejected':
      return style.bad('REJECTED')
    case 'not-sent':
      return style.dim('NOT SENT')
  }
}
