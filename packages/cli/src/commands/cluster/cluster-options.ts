import type { OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import type { MemberOptions } from '../../cluster/member-cluster.ts'

export const MEMBER_OPTIONS: readonly OptionSpec[] = [
  { flags: '--kubeconfig <file>', summary: 'where contexts are looked for (default: $KUBECONFIG, then ~/.kube/config)' },
  { flags: '-n, --namespace <name>', summary: 'namespace of the mesh', default: 'istio-system' },
]

export function memberOptions(values: Values): MemberOptions {
  return { kubeconfig: values.text('kubeconfig'), namespace: values.text('namespace') ?? 'istio-system' }
}
