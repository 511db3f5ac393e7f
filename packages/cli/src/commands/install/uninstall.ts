import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MeshError, messageOf } from '@meshwork/core/result'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { usage, type Values } from '../../command/values.ts'
import { clusterOf } from '../../install/cluster-of-flags.ts'
import { confirm } from '../../install/confirm.ts'
import { exportConfiguration } from '../../install/export-configuration.ts'
import type { InstallCluster } from '../../install/install-cluster.ts'
import { type ObjectKey, spoken } from '../../install/kube-object.ts'
import { planRemoval, type RemovalPlan, remove } from '../../install/run-uninstall.ts'
import { CLUSTER_OPTIONS, NAMESPACE_OPTION, namespaceOf } from './value-options.ts'

interface UninstallInput {
  readonly namespace: string
  readonly kubeconfig: string | undefined
  /** undefined: everything (`--purge`). */
  readonly revision: string | undefined
  readonly isSure: boolean
  readonly isDryRun: boolean
  readonly exportFile: string | undefined
}

interface UninstallResult extends RemovalPlan {
  readonly namespace: string
  readonly isDryRun: boolean
  /** Still there. */
  readonly left: readonly ObjectKey[]
  /** Where the configuration of users was written to, if there was any. */
  readonly exported: { readonly file: string; readonly count: number } | null
}

export const uninstallCommand: Command = command<UninstallInput, UninstallResult>({
  name: 'uninstall',
  summary: 'remove a revision of the mesh, or all of it without a trace',
  description:
    'Lists what goes and which pods still have a sidecar, asks, removes, and looks again. With --purge the kinds go as well, and with ' +
    'them all configuration: it is written to a file first. What belongs to somebody else stays.',
  args: [],
  options: [
    { flags: '--purge', summary: 'everything, with the definitions of the kinds and all configuration' },
    { flags: '--revision <name>', summary: 'only this revision of the control plane' },
    { flags: '--export <file>', summary: 'where --purge writes the configuration (default: meshwork-configuration-<time>.yaml)' },
    NAMESPACE_OPTION,
    ...CLUSTER_OPTIONS,
  ],
  examples: [
    { line: 'meshctl uninstall --purge --dry-run', what: 'shows what would go' },
    { line: 'meshctl uninstall --purge -y', what: 'removes everything and leaves a file with the configuration' },
    { line: 'meshctl uninstall --revision canary', what: 'removes one control plane beside another' },
  ],
  resultKind: 'Removal',
  parse: uninstallInputOf,
  run: uninstallWith,
  print: uninstallText,
  exitCode: ({ left }) => (left.length === 0 ? EXIT.ok : EXIT.bad),
})

function uninstallInputOf(values: Values): UninstallInput {
  const [purge, revision] = [values.flag('purge'), values.text('revision')]
  if (purge === (revision !== undefined))
    throw usage('say what to remove: --purge or --revision <name>', 'meshctl uninstall --purge --dry-run')
  return {
    namespace: namespaceOf(values),
    kubeconfig: values.text('kubeconfig'),
    revision,
    isSure: values.flag('yes'),
    isDryRun: values.flag('dryRun'),
    exportFile: values.text('export'),
  }
}

async function uninstallWith(input: UninstallInput, context: CommandContext): Promise<UninstallResult> {
  const cluster = clusterOf(input.kubeconfig, context)
  await cluster.version()
  const plan = await planRemoval(cluster, input.namespace, input.revision)
  const base = { ...plan, namespace: input.namespace, isDryRun: input.isDryRun }
  const isNothing = plan.objects.length + plan.definitions.length === 0
  if (input.isDryRun || isNothing) return { ...base, left: [], exported: null }
  if (!input.isSure && !(await confirm(`${inventoryText(plan)}Remove these?`, context.interrupted()))) {
    throw new MeshError('NOT_CONFIRMED', 'nothing was removed', { source: 'config', nextStep: 'meshctl uninstall --purge --dry-run' })
  }
  // Before the first object goes: if the file cannot be written, nothing happens.
  const exported = await exportTo(cluster, plan, input, context)
  return { ...base, exported, left: await remove(cluster, plan, context.clock) }
}

async function exportTo(
  cluster: InstallCluster,
  { definitions }: RemovalPlan,
  { exportFile }: UninstallInput,
  { clock, cwd }: CommandContext,
): Promise<UninstallResult['exported']> {
  const { count, text } = await exportConfiguration(cluster, definitions)
  if (count === 0) return null
  const time = new Date(clock.now()).toISOString().replaceAll(/[-:]|\..*/g, '')
  const file = resolve(cwd, exportFile ?? `meshwork-configuration-${time}.yaml`)
  try {
    // May hold what is nobody else's business, such as headers with keys.
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new MeshError(
      'EXPORT_NOT_WRITTEN',
      `cannot write the configuration of users to ${file}, so nothing was removed: ${messageOf(error)}`,
      {
        source: 'config',
        cause: error,
        nextStep: 'name a new file with --export <file>',
      },
    )
  }
  return { file, count }
}

const MOST_PODS = 10

function inventoryText({ objects, definitions, pods, others }: RemovalPlan): string {
  const byKind = Map.groupBy([...objects, ...definitions], ({ kind }) => kind)
  const kinds = [...byKind].map(([kind, { length }]) => `  ${length} ${kind}`)
  const lines = [`${objects.length + definitions.length} objects:`, ...kinds]
  if (pods.length > 0) {
    lines.push(`${pods.length} pods keep their sidecar until they are restarted (kubectl rollout restart):`)
    lines.push(
      ...pods.slice(0, MOST_PODS).map(pod => `  ${pod}`),
      ...(pods.length > MOST_PODS ? [`  and ${pods.length - MOST_PODS} more`] : []),
    )
  }
  if (others.length > 0) lines.push(`The kinds stay: the mesh in ${others.join(', ')} needs them.`)
  return `${lines.join('\n')}\n`
}

function uninstallText(result: UninstallResult): string {
  const { objects, definitions, left, exported, isDryRun } = result
  if (objects.length + definitions.length === 0) return `Nothing of ours is in ${result.namespace}. 0 left.\n`
  if (isDryRun) return `${inventoryText(result)}Nothing was changed.\n`
  const lines = [inventoryText(result)]
  if (exported !== null) lines.push(`${exported.count} objects of users are in ${exported.file}; kubectl apply -f brings them back.\n`)
  lines.push(...left.map(key => `still there: ${spoken(key)}\n`), `${left.length} left.\n`)
  return lines.join('')
}
