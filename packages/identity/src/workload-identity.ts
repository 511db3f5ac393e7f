import { parseSocketAddress, spiffeId, type SpiffeId } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { EC_P256, type KeyAlgorithm } from '@meshwork/core/x509'

import { CitadelAuthority } from './citadel-authority.ts'
import { IdentitySecrets } from './identity-secrets.ts'
import { bundleOf, type IdentityState } from './identity-state.ts'
import { IdentityWorker } from './identity-worker.ts'
import { RootFileWatch } from './root-file-watch.ts'

/** Who a workload is, and how it gets that in writing. */
export interface WorkloadIdentityOptions {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Citadel: `host:port` or `unix:/path`. */
  readonly caAddress: string
  /** Roots to verify citadel with, PEM. */
  readonly caRootFile: string
  /** The workload's token, a JWT. */
  readonly tokenFile: string
  /** Default EC P-256. */
  readonly keyAlgorithm?: KeyAlgorithm
  /** Seconds; default 0 leaves it to citadel. */
  readonly certificateSeconds?: number
  readonly clock: Clock
  readonly log: Logger
  /** Uniform in [0, 1); tests pass a constant. */
  readonly random?: () => number
}

/** A workload's certificate, kept fresh while it is started. */
export interface WorkloadIdentity extends Runner {
  readonly identity: SpiffeId
  readonly state: IdentityState
  readonly secrets: IdentitySecrets
  onChange(changed: (state: IdentityState) => void): () => void
  /** For a gauge: seconds until the certificate in use expires, below 0 when there is none. */
  secondsToExpiry(): number
}

/** Throws a `MeshError` when the options name no valid identity or address. */
export function createWorkloadIdentity(options: WorkloadIdentityOptions): WorkloadIdentity {
  const { clock, log } = options
  const identity = spiffeId(options.trustDomain, options.namespace, options.serviceAccount)
  if (identity.kind === 'err') throw badOption(identity.error)
  const address = parseSocketAddress(options.caAddress)
  if (address.kind === 'err') throw badOption(address.error)
  const authority = new CitadelAuthority({
    address: address.value,
    rootFile: options.caRootFile,
    tokenFile: options.tokenFile,
    requestedSeconds: options.certificateSeconds ?? 0,
    clock,
  })
  const keyAlgorithm = options.keyAlgorithm ?? EC_P256
  const worker = new IdentityWorker({
    identity: identity.value,
    authority,
    keyAlgorithm,
    clock,
    log,
    random: options.random ?? Math.random,
  })
  const roots = new RootFileWatch(options.caRootFile, clock, () => {
    log.info('roots to verify citadel with have changed, a certificate of the new ones is asked for')
    worker.renew()
  })
  return {
    name: worker.name,
    identity: identity.value,
    secrets: new IdentitySecrets(worker),
    get state() {
      return worker.state
    },
    onChange: changed => worker.onChange(changed),
    start: async () => {
      await roots.start()
      await worker.start()
    },
    close: () => {
      roots.close()
      return worker.close()
    },
    secondsToExpiry: () => ((bundleOf(worker.state)?.leaf.notAfterMs ?? -Infinity) - clock.now()) / 1000,
  }
}

function badOption(message: string): MeshError {
  return new MeshError('BAD_IDENTITY', message, { source: 'config', nextStep: 'correct the flags that say who this workload is' })
}
