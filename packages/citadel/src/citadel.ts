import { spiffeId } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { ServiceAccount, TokenAuthenticator } from '@meshwork/core/ports'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { JwksFileAuthenticator } from '@meshwork/core/tokens'
import { parseCertificateChain } from '@meshwork/core/x509'

import { BearerTokenAuthenticator } from './attest/bearer-token-authenticator.ts'
import { ClientCertificateAuthenticator } from './attest/client-certificate-authenticator.ts'
import { AuthorityRotation } from './ca/authority-rotation.ts'
import type { SelfSignedRootOptions } from './ca/self-signed-root.ts'
import { type AuthoritySlots, type SigningAuthority, trustedRootsPem } from './ca/slots.ts'
import type { CitadelOptions } from './flags/options.ts'
import { grpcEndpoint } from './serve/grpc-endpoint.ts'
import { Issuance } from './serve/issuance.ts'
import { CitadelMetrics } from './serve/metrics.ts'
import { metricsEndpoint } from './serve/metrics-endpoint.ts'
import { ServerCertificate } from './serve/server-certificate.ts'
import { RootFile } from './root-file.ts'

/** The parts of a process with other ends: a directory or a cluster, the machine's clock or a test's. */
export interface CitadelPorts {
  /** What signs at the start. Asked once. */
  readonly authority: () => Promise<SigningAuthority>
  /** What is plugged in; asked again and again. undefined: nothing. */
  readonly pluggedIn: () => Promise<SigningAuthority | undefined>
  /** Roots that workloads were told to trust by the processes before this one, PEM; '' for none. */
  readonly published: () => Promise<string>
  readonly tokens: TokenAuthenticator
  /** Whom citadel itself is. */
  readonly account: ServiceAccount
  /** Who else does something with the roots that workloads trust, PEM. */
  readonly withRoots: (rootsPem: () => string) => readonly RootsReader[]
  readonly clock: Clock
  readonly log: Logger
}

export interface RootsReader extends Runner {
  /** Other roots are to be trusted now. */
  rootsChanged(): void
}

/** Loads or makes the root and lists what runs, in start order. */
export async function buildCitadel(options: CitadelOptions, ports: CitadelPorts): Promise<readonly Runner[]> {
  const { trustDomain, rootCertOut } = options
  const { account, clock, log } = ports
  const identity = spiffeId(trustDomain, account.namespace, account.name)
  if (identity.kind === 'err') throw new MeshError('BAD_FLAG', identity.error, { source: 'config', nextStep: 'correct --trust-domain' })
  const rotation = await rotationOf(options, ports)
  const slots = (): AuthoritySlots => rotation.slots
  const readers = [
    ...ports.withRoots(() => trustedRootsPem(slots())),
    ...(rootCertOut === undefined ? [] : [new RootFile(rootCertOut, () => trustedRootsPem(slots()), log)]),
  ]

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
  rotation.onChange(() => {
    certificate.slotsChanged()
    for (const reader of readers) reader.rootsChanged()
  })
  const grpc = grpcEndpoint({ address: options.address, issuance, slots, certificate, clock })
  return [...readers, certificate, grpc, rotation, metricsEndpoint(options.metricsAddress, metrics.registry, log)]
}

async function rotationOf(
  options: CitadelOptions,
  { authority, pluggedIn, published, clock, log }: CitadelPorts,
): Promise<AuthorityRotation> {
  const first = await authority()
  const known = parseCertificateChain(await published())
  return new AuthorityRotation({
    first,
    known: known.kind === 'ok' ? known.value : [],
    pluggedIn,
    overlapMs: options.rootOverlap,
    longestLifeMs: options.maxWorkloadTtl,
    clock,
    log,
  })
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
