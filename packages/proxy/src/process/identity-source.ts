import { formatSocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { CertBundle } from '@meshwork/core/x509'
import { CERTIFICATE_SECRET, createWorkloadIdentity, ROOTS_SECRET, type WorkloadIdentity } from '@meshwork/identity'
import type { XdsNode } from '@meshwork/xds/types'
import type { IdentitySource } from '../bootstrap/proxy-options.ts'
import { IdentityStats } from '../identity/index.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import { SdsSecrets } from './sds-secrets.ts'

/** The proxy's identity, wherever it comes from. */
export interface ProxyIdentity {
  readonly secrets: SecretProvider
  readonly runners: readonly Runner[]
  hasCertificate(): boolean
  /** For the admin interface. null also for certificates that only the data plane knows. */
  certificates(): CertBundle | null
}

interface Deps {
  readonly clock: Clock
  readonly log: Logger
}

export function identitySource(source: IdentitySource, node: XdsNode, stats: StatsRegistry, { clock, log }: Deps): ProxyIdentity {
  if (source.kind === 'sds') {
    const secrets = new SdsSecrets({
      address: formatSocketAddress(source.address),
      names: [CERTIFICATE_SECRET, ROOTS_SECRET],
      node,
      clock,
      log,
    })
    return { secrets, runners: [secrets], hasCertificate: () => secrets.certificate(CERTIFICATE_SECRET) !== null, certificates: () => null }
  }
  const { flags } = source
  const identity = createWorkloadIdentity({
    trustDomain: flags.trustDomain,
    namespace: flags.namespace,
    serviceAccount: flags.serviceAccount,
    caAddress: flags.ca,
    caRootFile: flags.caRoot,
    tokenFile: flags.token,
    certificateSeconds: flags.certificateTtl,
    clock,
    log,
  })
  const { secrets } = identity
  const bundle = (): CertBundle | null => bundleInUse(identity)
  return {
    secrets,
    runners: [identity, new IdentityStats(identity, stats, clock)],
    hasCertificate: () => bundle() !== null,
    certificates: bundle,
  }
}

function bundleInUse({ state }: WorkloadIdentity): CertBundle | null {
  return state.kind === 'available' || state.kind === 'failing-with-valid' ? state.bundle : null
}
