import { spiffeId } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { SecretStore } from '@meshwork/core/ports'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'

import { BearerTokenAuthenticator } from './attest/bearer-token-authenticator.ts'
import { ClientCertificateAuthenticator } from './attest/client-certificate-authenticator.ts'
import { JwksFileAuthenticator } from '@meshwork/core/tokens'
import { loadOrCreateRoot } from './ca/self-signed-root.ts'
import { type AuthoritySlots, trustedRootsPem } from './ca/slots.ts'
import type { CitadelOptions } from './flags/options.ts'
import { grpcEndpoint } from './serve/grpc-endpoint.ts'
import { Issuance } from './serve/issuance.ts'
import { CitadelMetrics } from './serve/metrics.ts'
import { metricsEndpoint } from './serve/metrics-endpoint.ts'
import { ServerCertificate } from './serve/server-certificate.ts'
import { writePublicFile } from './write-public-file.ts'

/** The parts of a process with other ends: a directory or a cluster, the machine's clock or a test's. */
export interface CitadelPorts {
  readonly store: SecretStore
  readonly clock: Clock
  readonly log: Logger
}

/** Loads or makes the root and lists what runs, in start order. */
export async function buildCitadel(options: CitadelOptions, { store, clock, log }: CitadelPorts): Promise<readonly Runner[]> {
  const { trustDomain, rootKey, rootTtl, rootCertOut } = options
  const identity = spiffeId(trustDomain, 'istio-system', 'istio-citadel-service-account')
  if (identity.kind === 'err') throw new MeshError('BAD_FLAG', identity.error, { source: 'config', nextStep: 'correct --trust-domain' })
  const tokens = new JwksFileAuthenticator({ path: options.jwksFile, issuer: options.tokenIssuer, audience: options.tokenAudience, clock })
  await tokens.load()
  const active = await loadOrCreateRoot(store, { organization: trustDomain, keyAlgorithm: rootKey, lifetimeMs: rootTtl }, clock)
  const current: AuthoritySlots = { active, prepared: null, retired: [] }
  const slots = (): AuthoritySlots => current
  if (rootCertOut !== undefined) await writePublicFile(rootCertOut, trustedRootsPem(current))

  const metrics = new CitadelMetrics(slots, clock)
  const authenticators = [new ClientCertificateAuthenticator(trustDomain), new BearerTokenAuthenticator(tokens, trustDomain)]
  const lifetimes = { defaultMs: options.workloadTtl, maxMs: options.maxWorkloadTtl }
  const issuance = new Issuance({ authenticators, slots, lifetimes, metrics, clock, log: log.child({ log: 'audit' }) })
  const certificate = new ServerCertificate({
    identity: identity.value,
    hosts: options.serverNames,
    lifetimeMs: options.maxWorkloadTtl,
    slots,
    clock,
    log,
  })
  const grpc = grpcEndpoint({ address: options.address, issuance, slots, certificate, clock })
  return [certificate, grpc, metricsEndpoint(options.metricsAddress, metrics.registry, log)]
}
