import { spawnSync } from 'node:child_process'

import { MeshError } from '@meshwork/core/result'

import { locate, peersFolder } from '../../../scripts/peers/peer.ts'
import { peers } from '../../../scripts/peers/table.ts'

/** What a node and its test pods are made of besides Kubernetes, by the names `npm run peers` has for it. */
const NEEDED: ReadonlySet<string> = new Set(['containerd', 'runc', 'cni', 'conntrack', 'busybox', 'iptables', 'ip', 'openssl'])
const COMPILERS = ['go', 'gcc']

/** Installs what a cluster needs and this machine lacks. Throws CLUSTER_OBSTACLE where it cannot run. */
export async function prepareMachine(progress: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux') throw obstacle('a cluster of namespaces needs Linux', 'use a Linux machine')
  if (process.getuid?.() !== 0) throw obstacle('a cluster of namespaces needs root', 'run it as root')
  const missing = COMPILERS.filter(compiler => spawnSync('which', [compiler]).status !== 0)
  if (missing.length > 0) throw obstacle(`not installed: ${missing.join(', ')}`, 'install Go 1.24 or later and gcc')
  for (const peer of peers.filter(each => NEEDED.has(each.name) && locate(each) === undefined)) {
    progress(`installing ${peer.name}`)
    const reason = await peer.fetch(peersFolder)
    if (locate(peer) === undefined)
      throw obstacle(
        `${peer.name} cannot be installed: ${reason ?? 'its program is not where it was expected'}`,
        `npm run peers -- ${peer.name}`,
      )
  }
}

function obstacle(what: string, nextStep: string): MeshError {
  return new MeshError('CLUSTER_OBSTACLE', what, { nextStep })
}
