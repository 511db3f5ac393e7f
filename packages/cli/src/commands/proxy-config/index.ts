import { type Command, command, type CommandSpec, type OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import { renderTable } from '../../output/table.ts'
import { STATE_OPTION, stateDirOf } from '../local/state-option.ts'
import { clusterRows, endpointRows } from './cluster-rows.ts'
import { type DumpSource, findDump, type FoundDump } from './find-dump.ts'
import { listenerRows } from './listener-rows.ts'
import { routeRows } from './route-rows.ts'
import { type FilterableRow, passes, type RowFilter } from './row-filter.ts'
import { secretRows } from './secret-rows.ts'

const OPTIONS: readonly OptionSpec[] = [
  { flags: '--admin <address>', summary: 'host:port of the admin endpoint of any proxy, Envoy included' },
  { flags: '--file <path>', summary: 'a saved config dump' },
  { flags: '--config <path>', summary: 'files that rows cite (default: those of the running local mesh)', repeatable: true },
  STATE_OPTION,
]

const FILTERS: Readonly<Record<keyof RowFilter, OptionSpec>> = {
  name: { flags: '--name <text>', summary: 'only rows whose name has this text' },
  port: { flags: '--port <number>', summary: 'only rows of this port' },
  fqdn: { flags: '--fqdn <host>', summary: "only rows of this host; 'reviews', 'reviews.default' or '*.example.com' will do" },
  address: { flags: '--address <ip>', summary: 'only rows with this address' },
  subset: { flags: '--subset <name>', summary: 'only rows of this subset' },
  direction: { flags: '--direction <word>', summary: 'only rows of this direction', choices: ['inbound', 'outbound'] },
  cluster: { flags: '--cluster <text>', summary: 'only rows whose cluster has this text' },
}

interface View<Row extends object> {
  readonly name: string
  readonly summary: string
  readonly resultKind: string
  readonly rows: (found: FoundDump) => readonly Row[]
  readonly head: readonly string[]
  readonly cells: (row: Row) => readonly string[]
  /** What the filters of this view ask of a row; the filters are the names. */
  readonly filters: (row: Row) => FilterableRow
  readonly filterNames: readonly (keyof RowFilter)[]
}

interface Rows<Row> {
  readonly rows: readonly Row[]
}

interface ProxyInput {
  readonly source: DumpSource
  readonly filter: RowFilter
}

function view<Row extends object>({ name, summary, resultKind, rows, head, cells, filters, filterNames }: View<Row>): Command {
  return proxyConfigCommand<Rows<Row>>({
    name,
    summary,
    resultKind,
    options: filterNames.map(each => FILTERS[each]),
    run: async ({ source, filter }, context) => ({
      rows: rows(await findDump(source, context)).filter(row => passes(filters(row), filter)),
    }),
    print: result => (result.rows.length === 0 ? 'none\n' : renderTable(head, result.rows.map(cells))),
    formats: { short: result => result.rows.map(row => `${cells(row).find(cell => cell !== '') ?? ''}\n`).join('') },
  })
}

function proxyConfigCommand<Output extends object>(
  spec: Pick<CommandSpec<ProxyInput, Output>, 'name' | 'summary' | 'resultKind' | 'run' | 'print' | 'formats' | 'options'>,
): Command {
  return command<ProxyInput, Output>({
    ...spec,
    name: `proxy-config ${spec.name}`,
    args: [{ name: 'workload', summary: 'a workload of the local mesh: reviews-v1, or gateway' }],
    options: [...spec.options, ...OPTIONS],
    examples: [
      { line: `meshctl proxy-config ${spec.name} reviews-v1`, what: 'of a sidecar of the local mesh' },
      { line: `meshctl proxy-config ${spec.name} --admin 127.0.0.1:15000 -o json`, what: 'of any proxy, for scripts' },
    ],
    parse: (values: Values) => ({
      source: {
        workload: values.argument(0),
        file: values.text('file'),
        admin: values.text('admin'),
        stateDir: stateDirOf(values),
        config: values.list('config'),
      },
      filter: {
        name: values.text('name'),
        port: values.text('port'),
        fqdn: values.text('fqdn'),
        address: values.text('address'),
        subset: values.text('subset'),
        direction: values.text('direction'),
        cluster: values.text('cluster'),
      },
    }),
  })
}

function hostAndPort(text: string): { readonly address: string; readonly port: string } {
  const colon = text.lastIndexOf(':')
  return { address: text.slice(0, colon), port: text.slice(colon + 1) }
}

/** `proxy-config` and its views. Each row is plain data; `-o json` prints the same rows. */
export const proxyConfigCommands: readonly Command[] = [
  view({
    name: 'listeners',
    summary: 'where a proxy listens, where that leads, and which object asked for it',
    resultKind: 'ProxyListeners',
    rows: ({ dump, origins }) => listenerRows(dump, origins),
    head: ['NAME', 'ADDRESS', 'MATCH', 'TLS', 'DESTINATION', 'OBJECT', 'ORIGIN'],
    cells: row => [row.name, row.address, row.match, row.tls ? 'yes' : '', row.destination, row.object, row.origin],
    filters: ({ name, address }) => ({ name, ...hostAndPort(address) }),
    filterNames: ['name', 'port', 'address'],
  }),
  view({
    name: 'routes',
    summary: 'how a proxy routes, and which line of which file decided it',
    resultKind: 'ProxyRoutes',
    rows: ({ dump, origins }) => routeRows(dump, origins),
    head: ['NAME', 'VHOST', 'MATCH', 'TARGET', 'OBJECT', 'ORIGIN'],
    cells: row => [row.name, row.virtualHost, row.match, row.target, row.object, row.origin],
    filters: ({ name, virtualHost, target }) => ({
      name,
      cluster: target,
      fqdn: hostAndPort(virtualHost).address,
      port: hostAndPort(virtualHost).port,
    }),
    filterNames: ['name', 'fqdn', 'port', 'cluster'],
  }),
  view({
    name: 'clusters',
    summary: 'the destinations that a proxy knows, and the objects that made them',
    resultKind: 'ProxyClusters',
    rows: ({ dump, origins }) => clusterRows(dump, origins),
    head: ['HOST', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'TLS', 'OBJECT', 'ORIGIN'],
    cells: row => [row.host || row.name, row.port, row.subset, row.direction, row.type, row.tls ? 'yes' : '', row.object, row.origin],
    filters: ({ name, host, port, subset, direction }) => ({ name, fqdn: host, port, subset, direction }),
    filterNames: ['name', 'fqdn', 'port', 'subset', 'direction'],
  }),
  view({
    name: 'endpoints',
    summary: 'the addresses behind the destinations',
    resultKind: 'ProxyEndpoints',
    rows: ({ dump, origins }) => endpointRows(dump, origins),
    head: ['ADDRESS', 'HEALTH', 'WEIGHT', 'CLUSTER', 'OBJECT', 'ORIGIN'],
    cells: row => [row.address, row.health, row.weight, row.cluster, row.object, row.origin],
    filters: ({ address, cluster }) => ({ ...hostAndPort(address), cluster, fqdn: cluster.split('|')[3] ?? cluster }),
    filterNames: ['address', 'port', 'cluster', 'fqdn'],
  }),
  view({
    name: 'secrets',
    summary: 'the certificates of a proxy, never keys',
    resultKind: 'ProxySecrets',
    rows: ({ dump }) => secretRows(dump),
    head: ['NAME', 'TYPE', 'IDENTITY', 'VALID TO', 'SERIAL'],
    cells: row => [row.name, row.type, row.identity, row.validTo, row.serial],
    filters: ({ name }) => ({ name }),
    filterNames: ['name'],
  }),
  proxyConfigCommand<{ readonly bootstrap: object | null }>({
    name: 'bootstrap',
    summary: 'what a proxy was started with',
    resultKind: 'ProxyBootstrap',
    options: [],
    run: async ({ source }, context) => ({ bootstrap: (await findDump(source, context)).dump.bootstrap }),
    print: ({ bootstrap }) => `${JSON.stringify(bootstrap, undefined, 2)}\n`,
  }),
  proxyConfigCommand<{ readonly dump: unknown }>({
    name: 'all',
    summary: 'the whole configuration of a proxy, as JSON',
    resultKind: 'ProxyDump',
    options: [],
    run: async ({ source }, context) => ({ dump: (await findDump(source, context)).raw }),
    print: ({ dump }) => `${JSON.stringify(dump, undefined, 2)}\n`,
  }),
]
