import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { usage } from '../../command/values.ts'
import { requireMesh } from '../../local/state/read-state.ts'
import { getJson } from '../../mesh-api/get-json.ts'
import { type ProxySync, SYNC_TYPES, type SyncState, syncStatus } from '../../mesh-api/sync-status.ts'
import type { Style } from '../../output/style.ts'
import { renderTable } from '../../output/table.ts'
import { pathsFor, STATE_OPTION, stateDirOf } from '../local/state-option.ts'
import { findDump } from '../proxy-config/find-dump.ts'
import { type Comparison, compareWithPilot } from './compare.ts'

interface ProxyStatusInput {
  readonly stateDir: string
  /** Address of pilot's debug port; unset: the one of the local mesh. */
  readonly pilot: string | undefined
  /** Only this proxy, with what it runs compared with what pilot gives it. */
  readonly workload: string | undefined
  readonly admin: string | undefined
}

interface ProxyStatusResult {
  readonly proxies: readonly ProxySync[]
  /** Milliseconds since the epoch when it was asked. */
  readonly at: number
  readonly comparison?: readonly Comparison[]
}

export const proxyStatusCommand: Command = command<ProxyStatusInput, ProxyStatusResult>({
  name: 'proxy-status',
  summary: 'which proxies are connected, and what they acknowledged or rejected',
  description:
    'SYNCED: the newest configuration is acknowledged. STALE: it was sent, the answer is missing, for so long. NOT SENT: there is nothing of the type for this proxy. REJECTED: the proxy refused it, in its own words, and goes on with the last good one. For one workload, what it runs is compared with what the control plane gives it. Exit code 1 unless all are synced.',
  args: [{ name: 'workload', summary: 'one workload: reviews-v1, reviews-v1.default, or gateway' }],
  options: [
    { flags: '--pilot <address>', summary: "host:port of pilot's debug endpoint (default: of the local mesh)" },
    { flags: '--admin <address>', summary: "host:port of the workload's proxy (default: of the local mesh)" },
    STATE_OPTION,
  ],
  examples: [
    { line: 'meshctl proxy-status', what: 'all proxies of the local mesh' },
    { line: 'meshctl proxy-status reviews-v1', what: 'what differs between the control plane and this proxy' },
    { line: 'meshctl proxy-status --pilot 127.0.0.1:15014', what: 'of any pilot' },
  ],
  resultKind: 'ProxyStatus',
  parse: values => ({
    stateDir: stateDirOf(values),
    pilot: values.text('pilot'),
    workload: values.argument(0),
    admin: values.text('admin'),
  }),
  run: proxyStatus,
  print: printProxies,
  exitCode: ({ proxies, comparison = [] }) =>
    proxies.every(each => SYNC_TYPES.every(type => isFine(each.types[type]))) &&
    comparison.every(({ differences }) => differences.length === 0)
      ? EXIT.ok
      : EXIT.bad,
})

async function proxyStatus({ stateDir, pilot, workload, admin }: ProxyStatusInput, context: CommandContext): Promise<ProxyStatusResult> {
  const address = pilot ?? (await localPilot(stateDir, context))
  const proxies = (await syncStatus(address)).toSorted((a, b) => a.name.localeCompare(b.name))
  const at = context.clock.now()
  if (workload === undefined) return { proxies, at }
  const chosen = proxies.find(each => namesOf(each).includes(workload))
  if (chosen === undefined)
    throw usage(
      `no proxy '${workload}' is connected`,
      `choose one of: ${proxies.map(({ name }) => name).join(', ') || 'none is connected'}`,
    )
  const wanted = await getJson('pilot', `http://${address}/debug/config_dump?proxyID=${encodeURIComponent(chosen.proxy)}`)
  const { dump } = await findDump({ workload, file: undefined, admin, stateDir, config: [] }, context)
  return { proxies: [chosen], at, comparison: compareWithPilot(wanted, dump) }
}

/** `reviews-v1.default`, `reviews-v1`; for gateways `gateway` too. */
function namesOf({ name, proxy }: ProxySync): readonly string[] {
  return [name, name.replace(/\.[^.]+$/, ''), ...(proxy.startsWith('router~') ? ['gateway'] : [])]
}

async function localPilot(stateDir: string, context: CommandContext): Promise<string> {
  return (await requireMesh(pathsFor(stateDir, context))).controlPlane.pilotDebug
}

function isFine(state: SyncState): boolean {
  return state.kind === 'synced' || state.kind === 'not-sent'
}

function printProxies({ proxies, at, comparison }: ProxyStatusResult, style: Style): string {
  if (proxies.length === 0) return 'no proxy is connected\n'
  const rows = proxies.map(each => [each.name, each.version, ...SYNC_TYPES.map(type => word(each.types[type], at, style))])
  const reasons = proxies.flatMap(each =>
    SYNC_TYPES.flatMap(type => {
      const state = each.types[type]
      return state.kind === 'rejected' ? [`${style.bad('!')} ${each.name} rejected ${type}: ${state.message}\n`] : []
    }),
  )
  const table = renderTable(['NAME', 'VERSION', 'CDS', 'LDS', 'EDS', 'RDS'], rows)
  return `${table}${reasons.length === 0 ? '' : `\n${reasons.join('')}`}${comparison === undefined ? '' : `\n${printComparison(comparison, style)}`}`
}

function printComparison(comparison: readonly Comparison[], style: Style): string {
  return comparison
    .map(({ type, resources, differences }) => {
      if (differences.length === 0) return `${style.good('✓')} ${type} match (${resources})\n`
      const lines = differences.map(
        ({ resource, path, pilot, proxy }) => `    ${resource}${path === '' ? '' : ` ${path}`}: pilot ${pilot}, proxy ${proxy}\n`,
      )
      return `${style.bad('✗')} ${differences.length} of ${resources} ${type} differ:\n${lines.join('')}`
    })
    .join('')
}

function word(state: SyncState, at: number, style: Style): string {
  switch (state.kind) {
    case 'synced':
      return style.good('SYNCED')
    case 'stale':
      return style.warn(`STALE ${ageOf(state.since, at)}`.trim())
    case 'rejected':
      return style.bad('REJECTED')
    case 'not-sent':
      return style.dim('NOT SENT')
  }
}

/** `12s`, `3m`. */
function ageOf(since: number, at: number): string {
  if (since === 0) return ''
  const seconds = Math.max(0, Math.round((at - since) / 1000))
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`
}
