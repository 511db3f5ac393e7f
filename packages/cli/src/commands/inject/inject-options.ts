import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Injector } from '@meshwork/pilot/inject'
import type { CommandContext, OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import type { ReportLine } from './change-text.ts'
import { DEFAULT_REVISION, injectorOfCluster, injectorOfFolder } from './find-injector.ts'
import { KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import { OpenCluster } from './open-cluster.ts'

/** Where the configuration of the injector is. */
export interface InjectorPlace {
  readonly folder: string | undefined
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
export const FILE_OPTION: OptionSpec = { flags: '-f, --file <path>', summary: 'YAML or JSON, - for standard input' }

export function injectorPlace(values: Values): InjectorPlace {
  return {
    folder: values.text('injectionConfig'),
    kubeconfig: values.text('kubeconfig'),
    istioNamespace: values.text('istioNamespace') ?? 'istio-system',
    revision: values.text('revision') ?? DEFAULT_REVISION,
  }
}

export async function findInjector(
  { folder, kubeconfig, istioNamespace, revision }: InjectorPlace,
  context: CommandContext,
): Promise<Injector> {
  if (folder !== undefined) return injectorOfFolder(resolve(context.cwd, folder), revision)
  return injectorOfCluster(OpenCluster.of(kubeconfig, context), istioNamespace, revision)
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
