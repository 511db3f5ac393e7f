import type { OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import { usage } from '../../command/values.ts'
import { KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import type { ValueFlags } from '../../install/install-values.ts'

export const NAMESPACE_OPTION: OptionSpec = {
  flags: '-n, --namespace <namespace>',
  summary: 'of the control plane',
  default: 'istio-system',
}

export const CHARTS_OPTION: OptionSpec = { flags: '--charts <folder>', summary: 'charts to render instead of those that came with meshctl' }

/** What decides which objects an installation has. */
export const VALUE_OPTIONS: readonly OptionSpec[] = [
  { flags: '-p, --profile <name>', summary: 'set of values to begin with: see meshctl profile list', default: 'default' },
  { flags: '-f, --values <file>', summary: 'YAML with values, as for Helm; may be repeated, later ones win', repeatable: true },
  { flags: '-s, --set <path=value>', summary: 'one value, as for Helm; may be repeated, wins over files', repeatable: true },
  NAMESPACE_OPTION,
  CHARTS_OPTION,
]

/** What changes a cluster. */
export const CLUSTER_OPTIONS: readonly OptionSpec[] = [
  KUBECONFIG_OPTION,
  { flags: '-y, --yes', summary: 'do not ask' },
  { flags: '--dry-run', summary: 'let the cluster check everything and change nothing' },
]

export function valueFlagsOf(values: Values): ValueFlags {
  return {
    profile: values.text('profile') ?? 'default',
    files: values.list('values'),
    sets: values.list('set'),
    namespace: namespaceOf(values),
    charts: values.text('charts'),
  }
}

export function namespaceOf(values: Values): string {
  const namespace = values.text('namespace') ?? 'istio-system'
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace) && namespace !== 'kube-system') return namespace
  throw usage(`--namespace: '${namespace}' cannot hold a control plane; write lower-case letters, digits and hyphens, and not kube-system`)
}

/** `90s` or `5m` in milliseconds. */
export function durationOf(values: Values, name: string): number {
  const text = values.text(name) ?? ''
  const match = /^(\d{1,5})(s|m)$/.exec(text)
  if (match === null) throw usage(`--${name}: '${text}' is no time; write 90s or 5m`)
  return Number(match[1]) * (match[2] === 'm' ? 60_000 : 1000)
}
