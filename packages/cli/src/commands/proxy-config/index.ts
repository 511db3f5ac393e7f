import { type Command, command, type CommandSpec, type OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import { renderTable } from '../../output/table.ts'
import { STATE_OPTION, stateDirOf } from '../local/state-option.ts'
import { clusterRows, endpointRows } from './cluster-rows.ts'
import { type DumpSource, findDump, type FoundDump } from './find-dump.ts'
import { listenerRows } from './listener-rows.ts'
import { routeRows } from './route-rows.ts'
import { secretRows } from './secret-rows.ts'

const OPTIONS: readonly OptionSpec[] = [
  { flags: '--admin <address>', summary: 'host:port of the admin endpoint of any proxy, Envoy included' },
  { flags: '--file <path>', summary: 'a saved config dump' },
  STATE_OPTION,
]

interface View<Row extends object> {
  readonly name: string
  readonly summary: string
  readonly resultKind: string
  readonly rows: (found: FoundDump) => readonly Row[]
  readonly head: readonly string[]
  readonly cells: (row: Row) => readonly string[]
}

interface Rows<Row> {
  readonly rows: readonly Row[]
}

function view<Row extends object>({ name, summary, resultKind, rows, head, cells }: View<Row>): Command {
  return proxyConfigCommand<Rows<Row>>({
    name,
    summary,
    resultKind,
    run: async (source, context) => ({ rows: rows(await findDump(source, context)) }),
    print: result => (result.rows.length === 0 ? 'none\n' : renderTable(head, result.rows.map(cells))),
  })
}

function proxyConfigCommand<Output extends object>(
  spec: Pick<CommandSpec<DumpSource, Output>, 'name' | 'summary' | 'resultKind' | 'run' | 'print'>,
): Command {
  return command<DumpSource, Output>({
    ...spec,
    name: `proxy-config ${spec.name}`,
    args: [{ name: 'workload', summary: 'a workload of the local mesh: reviews-v1, or gateway' }],
    options: OPTIONS,
    examples: [
      { line: `meshctl proxy-config ${spec.name} reviews-v1`, what: 'of a sidecar of the local mesh' },
      { line: `meshctl proxy-config ${spec.name} --admin 127.0.0.1:15000 -o json`, what: 'of any proxy, for scripts' },
    ],
    parse: (values: Values) => ({
      workload: values.argument(0),
      file: values.text('file'),
      admin: values.text('admin'),
      stateDir: stateDirOf(values),
    }),
  })
}

/** `proxy-config` and its views. Each row is plain data; `-o json` prints the same rows. */
export const proxyConfigCommands: readonly Command[] = [
  view({
    name: 'listeners',
    summary: 'where a proxy listens, and where that leads',
    resultKind: 'ProxyListeners',
    rows: ({ dump }) => listenerRows(dump),
    head: ['NAME', 'ADDRESS', 'MATCH', 'TLS', 'DESTINATION'],
    cells: row => [row.name, row.address, row.match, row.tls ? 'yes' : '', row.destination],
  }),
  view({
    name: 'routes',
    summary: 'how a proxy routes, and which line of which file decided it',
    resultKind: 'ProxyRoutes',
    rows: ({ dump, origins }) => routeRows(dump, origins),
    head: ['NAME', 'VHOST', 'MATCH', 'TARGET', 'ORIGIN'],
    cells: row => [row.name, row.virtualHost, row.match, row.target, row.origin],
  }),
  view({
    name: 'clusters',
    summary: 'the destinations that a proxy knows',
    resultKind: 'ProxyClusters',
    rows: ({ dump, origins }) => clusterRows(dump, origins),
    head: ['HOST', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'TLS', 'ORIGIN'],
    cells: row => [row.host || row.name, row.port, row.subset, row.direction, row.type, row.tls ? 'yes' : '', row.origin],
  }),
  view({
    name: 'endpoints',
    summary: 'the addresses behind the destinations',
    resultKind: 'ProxyEndpoints',
    rows: ({ dump }) => endpointRows(dump),
    head: ['ADDRESS', 'HEALTH', 'WEIGHT', 'CLUSTER'],
    cells: row => [row.address, row.health, row.weight, row.cluster],
  }),
  view({
    name: 'secrets',
    summary: 'the certificates of a proxy, never keys',
    resultKind: 'ProxySecrets',
    rows: ({ dump }) => secretRows(dump),
    head: ['NAME', 'TYPE', 'IDENTITY', 'VALID TO', 'SERIAL'],
    cells: row => [row.name, row.type, row.identity, row.validTo, row.serial],
  }),
  proxyConfigCommand<{ readonly bootstrap: object | null }>({
    name: 'bootstrap',
    summary: 'what a proxy was started with',
    resultKind: 'ProxyBootstrap',
    run: async (source, context) => ({ bootstrap: (await findDump(source, context)).dump.bootstrap }),
    print: ({ bootstrap }) => `${JSON.stringify(bootstrap, undefined, 2)}\n`,
  }),
  proxyConfigCommand<{ readonly dump: unknown }>({
    name: 'all',
    summary: 'the whole configuration of a proxy, as JSON',
    resultKind: 'ProxyDump',
    run: async (source, context) => ({ dump: (await findDump(source, context)).raw }),
    print: ({ dump }) => `${JSON.stringify(dump, undefined, 2)}\n`,
  }),
]
