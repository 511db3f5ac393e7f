#!/usr/bin/env node
// `meshwork-node-agent`: on every node, redirects pods that may not change their own network.
import { type SocketAddress } from '@meshwork/core/ids'
import { runProcess } from '@meshwork/core/lifecycle'
import { MeshError } from '@meshwork/core/result'
import { HttpEndpoint, textAnswer } from '@meshwork/core/serve'
import { systemClock } from '@meshwork/core/time'
import { type ClusterFlags, KubeClient } from '@meshwork/kube/client'
import { Command } from 'commander'

import { NodeAgent } from './node-agent.ts'
import { redirectPod } from './redirect-pod.ts'

interface Flags extends ClusterFlags {
  readonly node?: string
  readonly proc: string
  readonly httpPort: number
}

await runProcess('node-agent', async log => {
  const flags = new Command('meshwork-node-agent')
    .description('redirects connections of the pods of a node that may not do so themselves')
    .option('--in-cluster', 'the API server of the cluster this runs in')
    .option('--kubeconfig <file>', 'the API server that a file names')
    .option('--node <name>', 'whose pods (default: $NODE_NAME)', process.env['NODE_NAME'])
    .option('--proc <folder>', 'where processes of the node are seen', '/proc')
    .option('--http-port <port>', 'port of /ready and /metrics', Number, 15_014)
    .parse()
    .opts<Flags>()
  const client = KubeClient.ofFlags(flags)
  if (client === null || flags.node === undefined) {
    throw new MeshError('BAD_FLAG', 'the agent knows no cluster or no node', { source: 'config', nextStep: 'pass --in-cluster and --node' })
  }
  const { node, proc } = flags
  const redirect = redirectPod.bind(undefined, proc)
  const agent = new NodeAgent({ client, node, proc, redirect, clock: systemClock, log })
  const address: SocketAddress = { kind: 'tcp', host: '0.0.0.0', port: flags.httpPort }
  const pages = new Map([
    ['/ready', () => textAnswer('ready\n')],
    ['/metrics', () => ({ status: 200, contentType: 'text/plain; version=0.0.4', body: agent.metrics() })],
  ])
  // Ready once the pods of the node are known.
  return [agent, new HttpEndpoint({ name: 'http', address, flag: '--http-port', pages, log })]
})
