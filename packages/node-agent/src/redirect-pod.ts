import { execFile } from 'node:child_process'

import { MeshError } from '@meshwork/core/result'

import { type PodNetwork, resolvConfOf } from './pod-networks.ts'
import type { RedirectOrder } from './redirect-order.ts'

const PROGRAM = '/usr/local/bin/meshwork-init'
const LIMIT_MS = 15_000

/** Puts the rules of a pod into force, from outside: `meshwork-init` in the pod's network, with the rights of this process. */
export function redirectPod(proc: string, order: RedirectOrder, network: PodNetwork): Promise<void> {
  const servers = resolvConfOf(proc, network)
  const env = { PATH: process.env['PATH'], ...(servers === undefined ? {} : { RESOLV_CONF: servers }) }
  const words = [`--net=${proc}/${network.pid}/ns/net`, '--', PROGRAM, ...order.flags]
  return new Promise((resolve, reject) => {
    execFile('nsenter', words, { env, timeout: LIMIT_MS, maxBuffer: 2 ** 24 }, (error, _, complaint) => {
      if (error === null) return resolve()
      reject(
        new MeshError('REDIRECT_FAILED', `${order.pod} cannot be redirected: ${complaint.trim() || error.message}`, {
          nextStep: 'the agent needs hostPID and the capabilities SYS_ADMIN, SYS_PTRACE, NET_ADMIN and NET_RAW',
        }),
      )
    })
  })
}
