import { MeshError } from '@meshwork/core/result'
import { type Command, command } from '../../command/command.ts'
import { clusterOf, KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import { type NamespaceProgress, progressByNamespace } from '../../install/upgrade-progress.ts'
import { readUpgrade, type UpgradeRecord } from '../../install/upgrade-record.ts'
import { renderTable } from '../../output/table.ts'
import { NAMESPACE_OPTION, namespaceOf } from '../install/value-options.ts'

interface UpgradeStatus extends UpgradeRecord {
  readonly namespaces: readonly NamespaceProgress[]
}

export const upgradeStatusCommand: Command = command<
  { readonly namespace: string; readonly kubeconfig: string | undefined },
  UpgradeStatus
>({
  name: 'upgrade status',
  summary: 'how far an upgrade is, and which namespaces still have sidecars of the old control plane',
  args: [],
  options: [NAMESPACE_OPTION, KUBECONFIG_OPTION],
  examples: [{ line: 'meshctl upgrade status', what: 'pods of each namespace by revision' }],
  resultKind: 'UpgradeStatus',
  parse: values => ({ namespace: namespaceOf(values), kubeconfig: values.text('kubeconfig') }),
  run: async ({ namespace, kubeconfig }, context) => {
    const cluster = clusterOf(kubeconfig, context)
    const record = await readUpgrade(cluster, namespace)
    if (record === undefined) {
      throw new MeshError('NO_UPGRADE', `no upgrade is under way in ${namespace}`, {
        source: 'config',
        nextStep: 'meshctl upgrade start --to <revision>',
      })
    }
    return { ...record, namespaces: await progressByNamespace(cluster, namespace, record) }
  },
  print: ({ from, to, phase, namespaces }) =>
    `${from} -> ${to}: ${phase}\n\n${renderTable(
      ['NAMESPACE', `PODS OF ${from}`, `PODS OF ${to}`],
      namespaces.map(({ namespace, old, new: moved }) => [namespace, String(old), String(moved)]),
    )}`,
})
