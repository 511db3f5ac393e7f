import { join } from 'node:path'

import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { createWorkloadIdentity } from '@meshwork/identity'

import { formatSocketAddress } from '@meshwork/core/ids'
import { xdsNode } from '../bootstrap/xds-node.ts'
import { dnsProxy } from '../dns/index.ts'
import { NameClient } from '../dns/name-client.ts'
import { type AgentOptions, nodeMetadata } from './agent-options.ts'
import type { EnvoyBootstrapOptions } from './envoy-bootstrap.ts'
import { agentStatus } from './agent-status.ts'
import { EnvoyProcess } from './envoy-process.ts'
import { SdsServer } from './sds-server.ts'
import { openWorkDirectory, type WorkDirectory } from './work-directory.ts'

export interface EnvoyAgentPorts {
  readonly clock: Clock
  readonly log: Logger
  /** Envoy ended by itself with this exit code. */
  readonly ended: (exitCode: number) => void
}

/** Identity, SDS and Envoy, in start order. On close, nothing of them is left on disk. */
export async function buildEnvoyAgent(options: AgentOptions, { clock, log, ended }: EnvoyAgentPorts): Promise<readonly Runner[]> {
  const identity = createWorkloadIdentity({
    trustDomain: options.trustDomain,
    namespace: options.namespace,
    serviceAccount: options.serviceAccount,
    caAddress: options.ca,
    caRootFile: options.caRoot,
    tokenFile: options.token,
    certificateSeconds: options.certificateTtl,
    clock,
    log,
  })
  const directory = await openWorkDirectory(options.workDir)
  const sdsSocketPath = join(directory.path, 'sds.sock')
  const sds = new SdsServer({ socketPath: sdsSocketPath, secrets: identity.secrets, clock, log })
  const envoy = new EnvoyProcess({
    binary: options.envoyBinary,
    bootstrap: bootstrapOptions(options, sdsSocketPath),
    bootstrapPath: join(directory.path, 'envoy.json'),
    concurrency: options.concurrency,
    logLevel: options.envoyLogLevel,
    clock,
    log,
    ended,
  })
  return [directoryRunner(directory), identity, sds, ...agentStatus(options, clock, log), ...dnsRunners(options, clock, log), envoy]
}

/** Envoy knows no name tables, so they come over a stream of the agent's own, before Envoy starts. */
function dnsRunners(options: AgentOptions, clock: Clock, log: Logger): readonly Runner[] {
  if (options.dns === null) return []
  const { server, names } = dnsProxy(options.dns, options.node, { clock, log })
  const node = { ...xdsNode({ node: options.node, metadata: nodeMetadata(options) }), userAgentName: 'meshwork-agent' }
  return [server, new NameClient({ node, xdsAddress: formatSocketAddress(options.xds), names, clock, log })]
}

function bootstrapOptions(options: AgentOptions, sdsSocketPath: string): EnvoyBootstrapOptions {
  if (options.admin.kind === 'unix') {
    throw new MeshError('BAD_FLAG', "Envoy's admin address must be TCP", { source: 'config', nextStep: 'write it like 127.0.0.1:15000' })
  }
  return {
    nodeId: options.node,
    nodeCluster: `${options.labels['app'] ?? 'istio-proxy'}.${options.namespace}`,
    metadata: nodeMetadata(options),
    xds: options.xds,
    sdsSocketPath,
    admin: options.admin,
  }
}

/** First in the list, so that it is removed when all who use it have closed. */
function directoryRunner(directory: WorkDirectory): Runner {
  return { name: 'work directory', start: () => Promise.resolve(), close: () => directory.remove() }
}
