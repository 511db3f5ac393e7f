import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { KubeClient } from '@meshwork/kube/client'
import type { CommandContext, OptionSpec } from '../command/command.ts'
import { InstallCluster } from './install-cluster.ts'

export const KUBECONFIG_OPTION: OptionSpec = {
  flags: '--kubeconfig <file>',
  summary: 'which cluster (default: $KUBECONFIG, then ~/.kube/config)',
}

/** The cluster that kubectl would talk to. Throws KUBECONFIG_UNUSABLE. */
export function clusterOf(kubeconfig: string | undefined, context: Pick<CommandContext, 'env' | 'cwd' | 'clock'>): InstallCluster {
  return new InstallCluster(KubeClient.fromFile(kubeconfigFile(kubeconfig, context)), context.clock)
}

type Place = Pick<CommandContext, 'env' | 'cwd'>

/** Whether kubectl would find a kubeconfig without being told of one. */
export function hasKubeconfig(place: Place): boolean {
  return existsSync(pathOf(undefined, place))
}

/** The file that kubectl would read. Throws KUBECONFIG_UNUSABLE. */
export function kubeconfigFile(kubeconfig: string | undefined, place: Place): string {
  const file = pathOf(kubeconfig, place)
  if (!existsSync(file)) {
    throw new MeshError('KUBECONFIG_UNUSABLE', `there is no kubeconfig ${file}`, {
      source: 'config',
      nextStep: 'name one with --kubeconfig <file>; npm run cluster -- up makes a cluster to try things on',
    })
  }
  return file
}

function pathOf(kubeconfig: string | undefined, { env, cwd }: Place): string {
  const named = kubeconfig ?? env['KUBECONFIG']?.split(':').find(file => file !== '')
  return named === undefined ? join(homedir(), '.kube', 'config') : resolve(cwd, named)
}
