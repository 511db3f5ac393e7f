import type { CommandContext, OptionSpec } from '../../command/command.ts'
import { usage, type Values } from '../../command/values.ts'
import { clusterOf, KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import type { RevisionPlace } from '../../install/revision.ts'
import { CHARTS_OPTION, durationOf, NAMESPACE_OPTION, namespaceOf } from '../install/value-options.ts'

/** Which control planes a command about revisions means, and how long it waits. */
export interface RevisionInput {
  readonly namespace: string
  readonly kubeconfig: string | undefined
  readonly charts: string | undefined
  /** Milliseconds; 0: do not wait. */
  readonly readinessLimitMs: number
}

export const REVISION_OPTIONS: readonly OptionSpec[] = [
  NAMESPACE_OPTION,
  CHARTS_OPTION,
  KUBECONFIG_OPTION,
  { flags: '--readiness-timeout <time>', summary: 'how long each component may take; 0s: do not wait', default: '5m' },
]

export function revisionInputOf(values: Values): RevisionInput {
  return {
    namespace: namespaceOf(values),
    kubeconfig: values.text('kubeconfig'),
    charts: values.text('charts'),
    readinessLimitMs: values.text('readinessTimeout') === undefined ? 0 : durationOf(values, 'readinessTimeout'),
  }
}

/** Throws CLUSTER_UNREACHABLE. */
export async function revisionPlaceOf(
  { namespace, kubeconfig, charts, readinessLimitMs }: RevisionInput,
  context: CommandContext,
  isDryRun = false,
): Promise<RevisionPlace> {
  const cluster = clusterOf(kubeconfig, context)
  const progress = (line: string): void => context.io.err(`${line}\n`)
  const options = { isDryRun, adopt: false, readinessLimitMs, clock: context.clock, progress }
  return { cluster, namespace, kubeVersion: await cluster.version(), charts, cwd: context.cwd, options }
}

/** A name that can be the value of `istio.io/rev` and part of the names of objects. Throws USAGE. */
export function revisionNameOf(text: string, what: string, example: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(text)) return text
  throw usage(`${what}: '${text}' is no name of a revision; write up to 40 lower-case letters, digits and hyphens`, example)
}
