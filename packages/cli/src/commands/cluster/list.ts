import { type Command, command } from '../../command/command.ts'
import { MemberCluster, type MemberOptions } from '../../cluster/member-cluster.ts'
import { type RemoteReport, remoteReports } from '../../cluster/remote-report.ts'
import { renderTable } from '../../output/table.ts'
import { MEMBER_OPTIONS, memberOptions } from './cluster-options.ts'

interface ListResult {
  readonly cluster: string
  readonly id: string
  readonly remotes: readonly RemoteReport[]
}

export const clusterListCommand: Command = command<MemberOptions & { readonly context: string | undefined }, ListResult>({
  name: 'cluster list',
  summary: 'the other clusters of the mesh: synced or not, how far away, of one root or not',
  args: [{ name: 'context', summary: 'whose list (default: the current context)' }],
  options: MEMBER_OPTIONS,
  examples: [
    { line: 'meshctl cluster list', what: 'of the cluster of the current context' },
    { line: 'meshctl cluster list west -o json', what: 'of another one, for scripts' },
  ],
  resultKind: 'ClusterList',
  parse: values => ({ ...memberOptions(values), context: values.argument(0) }),
  run: async ({ context: name, ...options }, context) => {
    const cluster = MemberCluster.of(name, options, context)
    return { cluster: cluster.name, id: await cluster.id(), remotes: await remoteReports(cluster, context.clock) }
  },
  print: ({ cluster, id, remotes }, style) => {
    if (remotes.length === 0) return `${cluster} (${id}) follows no other cluster\n\nNext: meshctl cluster join ${cluster} OTHER\n`
    const rows = remotes.map(remote => [
      remote.id,
      remote.server,
      remote.sync === 'synced' ? style.good(remote.sync) : style.warn(remote.sync),
      remote.latencyMs === undefined ? style.bad('unreachable') : `${remote.latencyMs} ms`,
      remote.sameRoot === undefined ? '' : remote.sameRoot ? 'same' : style.bad('other'),
      remote.secret,
    ])
    return renderTable(['CLUSTER', 'SERVER', 'SYNC', 'LATENCY', 'ROOT', 'SECRET'], rows)
  },
})
