import { type Command, command } from '../../command/command.ts'
import { usage } from '../../command/values.ts'
import { type JoinedSide, joinClusters } from '../../cluster/join-clusters.ts'
import { MemberCluster, type MemberOptions } from '../../cluster/member-cluster.ts'
import { MEMBER_OPTIONS, memberOptions } from './cluster-options.ts'

interface JoinInput extends MemberOptions {
  readonly contexts: readonly [string, string]
  readonly servers: ReadonlyMap<string, string>
}

interface JoinResult {
  readonly sides: readonly JoinedSide[]
}

export const clusterJoinCommand: Command = command<JoinInput, JoinResult>({
  name: 'cluster join',
  summary: 'make two clusters one mesh: services of each are reached from the other',
  description:
    'In each cluster an account that may read where services are is made for the control plane of the other one, which gets its kubeconfig as a Secret. Nothing is written unless both API servers answer, the clusters have different ids and their authorities one root. Done again it renews tokens, which last a year. Each control plane must reach the API server of the other cluster, and workloads each other, or a gateway between their networks.',
  args: [
    { name: 'context', summary: 'a context of the kubeconfig, or the path of a kubeconfig', required: true },
    { name: 'other', summary: 'the other one', required: true },
  ],
  options: [
    ...MEMBER_OPTIONS,
    {
      flags: '--server <context=url>',
      summary: 'where control planes reach the API server of a context (default: as the kubeconfig says)',
      repeatable: true,
    },
  ],
  examples: [
    { line: 'meshctl cluster join east west', what: 'both directions' },
    { line: 'meshctl cluster join east west --server west=https://10.0.0.7:6443', what: 'the kubeconfig says 127.0.0.1' },
  ],
  resultKind: 'ClusterJoin',
  parse: values => ({
    ...memberOptions(values),
    contexts: [values.argument(0) ?? '', values.argument(1) ?? ''],
    servers: new Map(values.list('server').map(serverOf)),
  }),
  run: async ({ contexts: [a, b], servers, ...options }, context) => ({
    sides: await joinClusters(MemberCluster.of(a, options, context), MemberCluster.of(b, options, context), {
      servers,
      clock: context.clock,
    }),
  }),
  print: ({ sides }, style) =>
    `${sides
      .map(side => `${style.good('✓')} ${side.cluster} (${side.id}) follows ${side.follows} at ${side.server}, ${side.latencyMs} ms away\n`)
      .join('')}\nNext: meshctl cluster check ${sides.map(({ cluster }) => cluster).join(' ')}\n`,
})

function serverOf(text: string): readonly [string, string] {
  const [, context, url] = /^([^=]+)=(https:\/\/.+)$/.exec(text) ?? []
  if (context === undefined || url === undefined) throw usage(`--server: '${text}' is not context=https://host:port`)
  return [context, url.replace(/\/$/, '')]
}
