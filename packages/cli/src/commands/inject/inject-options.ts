import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Injector } from '@meshwork/pilot/inject'
import type { CommandContext, OptionSpec } from '../../command/command.ts'
import { usage, type Values } from '../../command/values.ts'
import type { ReportLine } from './change-text.ts'
import { injectorOfCluster, injectorOfFolder } from './find-injector.ts'
import { hasKubeconfig, KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import type { ValueFlags } from '../../install/install-values.ts'
import { DEFAULT_REVISION } from '../../install/ownership.ts'
import { CHARTS_OPTION, valueFlagsOf } from '../install/value-options.ts'
import { injectorOfCharts } from './injector-of-charts.ts'
import { OpenCluster } from './open-cluster.ts'

/** Where the configuration of the injector is. */
export interface InjectorPlace {
  readonly folder: string | undefined
  /** Values of an installation, in place of one. undefined: none were given. */
  readonly charts: ValueFlags | undefined
  readonly kubeconfig: string | undefined
  readonly istioNamespace: string
  readonly revision: string
}

export const ISTIO_NAMESPACE_OPTION: OptionSpec = {
  flags: '--istio-namespace <namespace>',
  summary: 'namespace of the control plane',
  default: 'istio-system',
}
export const NAMESPACE_OPTION: OptionSpec = {
  flags: '-n, --namespace <namespace>',
  summary: 'of objects that name none (default: of the kubeconfig)',
}
export const INJECTOR_OPTIONS: readonly OptionSpec[] = [
  KUBECONFIG_OPTION,
  ISTIO_NAMESPACE_OPTION,
  { flags: '--revision <name>', summary: 'of the control plane', default: DEFAULT_REVISION },
  { flags: '--injection-config <folder>', summary: 'with files config and values (and mesh), in place of the ConfigMaps of the cluster' },
]
/** As for an installation; `-f` means something else here. */
export const INJECTOR_VALUE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--profile <name>', summary: 'with the charts of meshctl in place of a cluster: set of values to begin with' },
  { flags: '--values <file>', summary: 'the same: YAML with values, as for meshctl install -f; may be repeated', repeatable: true },
  { flags: '-s, --set <path=value>', summary: 'the same: one value, as for meshctl install; may be repeated', repeatable: true },
  CHARTS_OPTION,
]
export const FILE_OPTION: OptionSpec = { flags: '-f, --file <path>', summary: 'YAML or JSON, - for standard input' }

export function injectorPlace(values: Values): InjectorPlace {
  return {
    folder: values.text('injectionConfig'),
    charts: chartsOf(values),
    kubeconfig: values.text('kubeconfig'),
    istioNamespace: values.text('istioNamespace') ?? 'istio-system',
    revision: values.text('revision') ?? DEFAULT_REVISION,
  }
}

function chartsOf(values: Values): ValueFlags | undefined {
  const flags = valueFlags(values)
  const isGiven = flags.files.length > 0 || flags.sets.length > 0 || flags.charts !== undefined || values.text('profile') !== undefined
  if (isGiven && values.text('injectionConfig') !== undefined) {
    throw usage('--injection-config is a whole configuration; --profile, --values, --set and --charts make one', 'meshctl inject --help')
  }
  return isGiven ? flags : undefined
}

function valueFlags(values: Values): ValueFlags {
  return { ...valueFlagsOf(values), namespace: values.text('istioNamespace') ?? 'istio-system' }
}

/** An injector, and where its configuration is from. */
export interface FoundInjector {
  readonly injector: Injector
  readonly from: string
  /** Made of charts, where no control plane was asked. */
  readonly isRendered: boolean
  /** Of objects that name none. */
  readonly namespace: string
}

/** Where nothing says which configuration is meant and there is no kubeconfig, that of an installation with default values. */
export async function findInjector(place: InjectorPlace, context: CommandContext): Promise<FoundInjector> {
  const { folder, kubeconfig, istioNamespace, revision } = place
  if (folder !== undefined) {
    return {
      injector: await injectorOfFolder(resolve(context.cwd, folder), revision),
      from: folder,
      isRendered: false,
      namespace: 'default',
    }
  }
  if (place.charts !== undefined) return ofCharts(place.charts, place, context, 'with the values given')
  if (kubeconfig === undefined && !hasKubeconfig(context)) {
    const defaults = { profile: 'default', files: [], sets: [], namespace: istioNamespace, charts: undefined }
    return ofCharts(defaults, place, context, 'with default values, because there is no kubeconfig')
  }
  const cluster = OpenCluster.of(kubeconfig, context)
  return {
    injector: await injectorOfCluster(cluster, istioNamespace, revision),
    from: 'the cluster',
    isRendered: false,
    namespace: cluster.namespace,
  }
}

function ofCharts(flags: ValueFlags, { revision }: InjectorPlace, { cwd }: CommandContext, how: string): FoundInjector {
  return { injector: injectorOfCharts(flags, cwd, revision), from: `the charts of meshctl ${how}`, isRendered: true, namespace: 'default' }
}

/** Throws INPUT_UNREADABLE. */
export async function readInput(file: string, cwd: string): Promise<string> {
  if (file === '-') return readStream(process.stdin)
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (cause) {
    throw new MeshError('INPUT_UNREADABLE', messageOf(cause), { source: 'config', cause, nextStep: 'name a file that can be read with -f' })
  }
}

/** A line for each object that makes pods, for standard error. */
export function reportText(report: readonly ReportLine[]): string {
  const lines = report.flatMap(({ object, action, reason, warnings }) => [
    `${object}: ${action}${reason === '' ? '' : ` (${reason})`}`,
    ...warnings.map(warning => `  warning: ${warning}`),
  ])
  return lines.length === 0 ? 'no object makes pods; everything is printed as it is\n' : `${lines.join('\n')}\n`
}
