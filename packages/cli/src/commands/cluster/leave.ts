import { type Command, command } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { leaveClusters, type LeftSide } from '../../cluster/join-clusters.ts'
import { MemberCluster, type MemberOptions } from '../../cluster/member-cluster.ts'
import { MEMBER_OPTIONS, memberOptions } from './cluster-options.ts'

interface LeaveResult {
  readonly sides: readonly LeftSide[]
}

export const clusterLeaveCommand: Command = command<MemberOptions & { readonly contexts: readonly [string, string] }, LeaveResult>({
  name: 'cluster leave',
  summary: 'undo cluster join: two clusters are one mesh no longer',
  description:
    'Removes the Secrets by which the control planes find each other, and the accounts that were made for them, so that their tokens are worth nothing. Other clusters of the mesh stay as they are.',
  args: [
    { name: 'context', summary: 'a context of the kubeconfig, or the path of a kubeconfig', required: true },
    { name: 'other', summary: 'the other one', required: true },
  ],
  options: MEMBER_OPTIONS,
  examples: [{ line: 'meshctl cluster leave east west', what: 'both directions' }],
  resultKind: 'ClusterLeave',
  parse: values => ({ ...memberOptions(values), contexts: [values.argument(0) ?? '', values.argument(1) ?? ''] }),
  run: async ({ contexts: [a, b], ...options }, context) => ({
    sides: await leaveClusters(MemberCluster.of(a, options, context), MemberCluster.of(b, options, context)),
  }),
  print: ({ sides }, style) =>
    sides
      .map(({ cluster, removed, problem }) => {
        if (problem !== undefined) return `${style.bad('✘')} ${problem}\n`
        return `${style.good('✓')} ${cluster}: ${removed.length === 0 ? 'nothing to remove' : `${removed.length} objects removed`}\n`
      })
      .join(''),
  exitCode: ({ sides }) => (sides.every(({ problem }) => problem === undefined) ? EXIT.ok : EXIT.bad),
})
