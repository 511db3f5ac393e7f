import type { Logger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import type { Command } from 'commander'
import { fieldsOf, textOf } from '../inject/json.ts'
import { InjectorFiles } from '../inject/injector-files.ts'

export interface InjectionFlags {
  readonly injectionConfig?: string
  readonly revision: string
  readonly meshConfig?: string
}

/** Kubernetes 1.29 starts native sidecars unless told otherwise. */
const NATIVE_SINCE = 29
const VERSION_LIMIT_MS = 5_000

export function addInjectionFlags(command: Command): Command {
  return command
    .option(
      '--injection-config <dir>',
      'folder with the files config and values, as in the ConfigMap istio-sidecar-injector; read again when they change',
    )
    .option('--revision <name>', 'of this control plane', 'default')
}

/** null: nobody asks this control plane about pods. */
export async function injectorFiles(flags: InjectionFlags, cluster: KubeClient | null, log: Logger): Promise<InjectorFiles | null> {
  const { injectionConfig, revision, meshConfig } = flags
  if (injectionConfig === undefined) return null
  const supportsNativeSidecars = await startsNativeSidecars(cluster)
  return new InjectorFiles({ folder: injectionConfig, meshFile: meshConfig, revision, supportsNativeSidecars, clock: systemClock, log })
}

/** Where nobody answers, as every Kubernetes that is still maintained does. */
async function startsNativeSidecars(cluster: KubeClient | null): Promise<boolean> {
  const answer = await cluster?.get('/version', AbortSignal.timeout(VERSION_LIMIT_MS)).catch(() => undefined)
  const { major, minor } = fieldsOf(answer?.body)
  const number = Number.parseInt(textOf(minor), 10)
  return Number.isNaN(number) || Number(textOf(major)) > 1 || number >= NATIVE_SINCE
}
