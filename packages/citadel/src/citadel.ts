import { spiffeId } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { ServiceAccount, TokenAuthenticator } from '@meshwork/core/ports'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { JwksFileAuthenticator } from '@meshwork/core/tokens'

import { BearerTokenAuthenticator } from './attest/bearer-token-authenticator.ts'
import { ClientCertificateAuthenticator } from './attest/client-certificate-authenticator.ts'
import type { SelfSignedRootOptions } from './ca/self-signed-root.ts'
import { type AuthoritySlots, type SigningAuthority, trustedRootsPem } from './ca/slots.ts'
import type { CitadelOptions } from './flags/options.ts'
import { grpcEndpoint } from './serve/grpc-endpoint.ts'
import { Issuance } from './serve/issuance.ts'
import { CitadelMetrics } from './serve/metrics.ts'
import { metricsEndpoint } from './serve/metrics-endpoint.ts'
import { ServerCertificate } from './serve/server-certificate.ts'
import { writePublicFile } from './write-public-file.ts'

/** The parts of a process with other ends: a directory or a cluster, the machine's clock or a test's. */
export interface CitadelPorts {
  /** What signs. Asked once. */
  readonly authority: () => Promise<SigningAuthority>
  readonly tokens: TokenAuthenticator
  /** Whom citadel itself is. */
  readonly account: ServiceAccount
  /** What else is done with the roots that workloads trust, PEM. */
  readonly withRoots: (rootsPem: () => string) => readonly Runner[]
  readonly clock: Clock
  readonly log: Logger
}

/** Loads or makes the root and lists what runs, in start order. */
export async function buildCitadel(options: CitadelOptions, ports: CitadelPorts): Promise<readonly Runner[]> {
  const { trustDomain, rootCertOut } = options
  const { account, clock, log } = ports
  const identity = spiffeId(trustDomain, account.namespace, account.name)
  if (identity.kind === 'err') throw new MeshError('BAD_FLAG', identity.error, { source: 'config', nextStep: 'correct --trust-domain' })
  const current: AuthoritySlots = { active: await ports.authority(), prepared: null, retired: [] }
  const slots = (): AuthoritySlots => current
  if (rootCertOut !== undefined) await writePublicFile(rootCertOut, trustedRootsPem(current))

  const metrics = new CitadelMetrics(slots, clock)
  const issuance = issuanceOf(options, ports, slots, metrics)
  const certificate = new ServerCertificate({
    identity: identity.value,
    hosts: options.serverNames,
    lifetimeMs: options.maxWorkloadTtl,
    slots,
    clock,
    log,
  })
  const grpc = grpcEndpoint({ address: options.address, issuance, slots, certificate, clock })
  return [
    ...ports.withRoots(() => trustedRootsPem(slots())),
    certificate,
    grpc,
    metricsEndpoint(options.metricsAddress, metrics.registry, log),
  ]
}

/** Tokens checked with the keys of a file; null: no file is named. */
export async function fileTokens(options: CitadelOptions, clock: Clock): Promise<TokenAuthenticator | null> {
  const { jwksFile, tokenIssuer, tokenAudience } = options
  if (jwksFile === null) return null
  const tokens = new JwksFileAuthenticator({ path: jwksFile, issuer: tokenIssuer, audience: tokenAudience, clock })
  await tokens.load()
  return tokens
}

export function rootOptions({ trustDomain, rootKey, rootTtl }: CitadelOptions): SelfSignedRootOptions {
  return { organization: trustDomain, keyAlgorithm: rootKey, lifetimeMs: rootTtl }
}

function issuanceOf(options: CitadelOptions, ports: CitadelPorts, slots: () => AuthoritySlots, metrics: CitadelMetrics): Issuance {
  const { trustDomain, controlPlaneNames } = options
  const { tokens, clock, log } = ports
  const authenticators = [new ClientCertificateAuthenticator(trustDomain), new BearerTokenAuthenticator(tokens, trustDomain)]
  const lifetimes = { defaultMs: options.workloadTtl, maxMs: options.maxWorkloadTtl }
  return new Issuance({ authenticators, slots, lifetimes, controlPlaneNames, metrics, clock, log: log.child({ log: 'audit' }) })
}
