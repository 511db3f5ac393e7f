import { type Command, command } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { MemberCluster, type MemberOptions } from '../../cluster/member-cluster.ts'
import { type RemoteCheck, remoteChecks } from '../../cluster/remote-checks.ts'
import { remoteReports } from '../../cluster/remote-report.ts'
import { MEMBER_OPTIONS, memberOptions } from './cluster-options.ts'

interface CheckedCluster {
  readonly cluster: string
  readonly checks: readonly RemoteCheck[]
}

interface CheckResult {
  readonly clusters: readonly CheckedCluster[]
}

export const clusterCheckCommand: Command = command<MemberOptions & { readonly contexts: readonly string[] }, CheckResult>({
  name: 'cluster check',
  summary: 'whether clusters of a mesh reach, may read and trust each other; exit code 1 if not',
  args: [{ name: 'contexts', summary: 'whose other clusters (default: those of the current context)', variadic: true }],
  options: MEMBER_OPTIONS,
  examples: [
    { line: 'meshctl cluster check east west', what: 'both directions' },
    { line: 'meshctl cluster check -o json', what: 'for scripts' },
  ],
  resultKind: 'ClusterCheck',
  parse: values => ({ ...memberOptions(values), contexts: values.arguments(0) }),
  run: async ({ contexts, ...options }, context) => {
    const names = contexts.length === 0 ? [undefined] : contexts
    const clusters = names.map(name => MemberCluster.of(name, options, context))
    return {
      clusters: await Promise.all(
        clusters.map(async cluster => ({ cluster: cluster.name, checks: await checksOf(cluster, context.clock) })),
      ),
    }
  },
  print: ({ clusters }, style) =>
    clusters
      .map(({ cluster, checks }) => {
        const lines = checks.map(({ ok, what, code, reason, remedy }) =>
          ok
            ? `  ${style.good('✓')} ${what}\n`
            : `  ${style.bad('✘')} ${what} [${code}]\n      ${reason}\n      ${style.dim(remedy ?? '')}\n`,
        )
        return `${style.bold(cluster)}\n${lines.join('')}`
      })
      .join('\n'),
  exitCode: ({ clusters }) => (clusters.every(({ checks }) => checks.every(({ ok }) => ok)) ? EXIT.ok : EXIT.bad),
})

async function checksOf(cluster: MemberCluster, clock: Parameters<typeof remoteReports>[1]): Promise<readonly RemoteCheck[]> {
  const reports = await remoteReports(cluster, clock)
  if (reports.length > 0) return reports.flatMap(report => remoteChecks(report, clock.now()))
  const remedy = `meshctl cluster join ${cluster.name} OTHER`
  return [{ code: 'CLUSTER_ALONE', what: 'it follows another cluster', ok: false, reason: 'there is no secret of one', remedy }]
}
