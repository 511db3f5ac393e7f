import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inNetworkOf } from '../cluster/namespaces.ts'
import type { KubeWorld } from './kube-world.ts'
import { HUB, TAG } from './test-images.ts'

/** What a program said and how it ended. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export const MESHCTL: string = fileURLToPath(new URL('../../../packages/cli/bin/meshctl.mjs', import.meta.url))
export const CHARTS: string = fileURLToPath(new URL('../../../charts', import.meta.url))

/** The images that a test cluster has; nothing could be pulled. */
export const IMAGE_VALUES: readonly string[] = [`global.hub=${HUB}`, `global.tag=${TAG}`, 'global.imagePullPolicy=Never']
export const IMAGE_SETS: readonly string[] = IMAGE_VALUES.flatMap(value => ['--set', value])

/** meshctl where the API server can be reached, as administrator. */
export function meshctl(world: KubeWorld, ...args: readonly string[]): Promise<Ran> {
  return runIn(world, process.execPath, [MESHCTL, ...args])
}

/** The real Helm. Throws unless it succeeds. */
export async function helm(world: KubeWorld, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runIn(world, world.cluster.programs.helm, args)
  if (code !== 0) throw new Error(`helm ${args[0]} exited with ${code}: ${err}`)
  return out
}

function runIn({ cluster }: KubeWorld, program: string, args: readonly string[]): Promise<Ran> {
  const [file = '', ...rest] = [...inNetworkOf(cluster.nodePid), program, ...args]
  return new Promise((resolve, reject) => {
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, HELM_CACHE_HOME: cluster.node.file('helm'), NO_COLOR: '1' }
    const child = spawn(file, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.once('error', reject)
    child.once('close', code => resolve({ code: code ?? -1, out, err }))
  })
}
