import { chmodSync } from 'node:fs'

import { Server, ServerCredentials } from '@grpc/grpc-js'
import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { LinearCache } from '@meshwork/xds/cache'
import { serveSds } from '@meshwork/xds/grpc'
import { XdsServer } from '@meshwork/xds/server'
import { seal, SECRET_TYPE, type XdsResource } from '@meshwork/xds/types'

import type { TestCa } from '../../../ca/index.ts'
import type { ProxySpec } from '../scenario.ts'

/** Serves one proxy its workload certificate and the mesh's roots, as the agent beside it would. */
export class SecretServer implements AsyncDisposable {
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  static async start(proxy: ProxySpec, authority: TestCa, socket: string): Promise<SecretServer> {
    const cache = new LinearCache(SECRET_TYPE)
    cache.set(await workloadSecrets(proxy, authority))
    const nothing = (): void => undefined
    const hooks = { connected: () => ok(''), disconnected: nothing, acked: nothing, nacked: nothing }
    const server = new Server()
    serveSds(server, new XdsServer({ cache, hooks, clock: systemClock, log: silentLogger }))
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), error => (error === null ? resolve() : reject(error)))
    })
    // The proxy runs under a user of its own.
    chmodSync(socket, 0o777)
    return new SecretServer(server)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.server.forceShutdown()
    return Promise.resolve()
  }
}

async function workloadSecrets(proxy: ProxySpec, authority: TestCa): Promise<readonly XdsResource[]> {
  const leaf = await authority.issue(`spiffe://cluster.local/ns/${proxy.namespace}/sa/${proxy.serviceAccount}`)
  return [
    secret('default', {
      $case: 'tlsCertificate',
      value: { certificateChain: inline(leaf.certificateChainPem), privateKey: inline(leaf.privateKeyPem) },
    }),
    secret('ROOTCA', { $case: 'validationContext', value: { trustedCa: inline(authority.rootPem) } }),
  ]
}

function secret(name: string, type: NonNullable<Parameters<typeof Secret.fromPartial>[0]['type']>): XdsResource {
  return seal(SECRET_TYPE, name, () => Secret.encode(Secret.fromPartial({ name, type })).finish())
}

function inline(text: string): { readonly specifier: { readonly $case: 'inlineString'; readonly value: string } } {
  return { specifier: { $case: 'inlineString', value: text } }
}
