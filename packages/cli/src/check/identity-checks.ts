import { type Certificate, parseCertificateChain } from '@meshwork/core/x509'
import { parseSamples } from '../output/prometheus-text.ts'
import type { Check } from './check.ts'
import type { ClusterView } from './cluster-view.ts'

const GROUP = 'identity'
const DAY_MS = 86_400_000
const SOON_DAYS = 60
const IMMINENT_DAYS = 7
const SMALLEST_RSA_BITS = 2048
const KEY = 'root-cert.pem'
const ROTATE = 'put a new root into the Secret cacerts; docs/life-of-a-certificate.md tells how both are trusted meanwhile'

export const IDENTITY_CHECKS: readonly Check[] = [
  {
    name: 'root-published',
    group: GROUP,
    code: 'MC1101',
    phase: 'post',
    level: 'error',
    title: 'citadel has published a root certificate',
    reason: 'proxies do not know whom to trust and get no certificate',
    remedy: 'kubectl -n NAMESPACE logs deployment/istio-citadel',
    needs: ['roots'],
    run: view => (rootOf(view) === '' ? [`there is no ConfigMap istio-ca-root-cert with ${KEY} in ${view.namespace}`] : []),
  },
  onRoots(
    'root-readable',
    'MC1102',
    'error',
    'the root certificate can be read',
    'proxies refuse a root that is no certificate',
    () => undefined,
  ),
  onRoots('root-valid', 'MC1103', 'error', 'the root certificate is valid today', 'every connection by mutual TLS fails', (root, view) => {
    if (root.notBeforeMs > view.at) return `it is valid from ${dateOf(root.notBeforeMs)} on`
    return root.notAfterMs < view.at ? `it expired on ${dateOf(root.notAfterMs)}` : undefined
  }),
  onRoots(
    'root-valid-for-60-days',
    'MC1104',
    'warning',
    `the root certificate is valid for ${SOON_DAYS} days more`,
    'when it expires, the whole mesh stops',
    (root, view) =>
      daysLeft(root, view) < SOON_DAYS ? `it expires on ${dateOf(root.notAfterMs)}, in ${daysLeft(root, view)} days` : undefined,
  ),
  onRoots(
    'root-valid-for-7-days',
    'MC1105',
    'error',
    `the root certificate is valid for ${IMMINENT_DAYS} days more`,
    'when it expires, the whole mesh stops',
    (root, view) =>
      daysLeft(root, view) < IMMINENT_DAYS ? `it expires on ${dateOf(root.notAfterMs)}, in ${daysLeft(root, view)} days` : undefined,
  ),
  onRoots('root-is-authority', 'MC1106', 'error', 'the root certificate may sign others', 'no chain that ends in it is valid', root =>
    root.isCa ? undefined : 'it is no certificate of an authority',
  ),
  onRoots(
    'root-algorithm',
    'MC1107',
    'error',
    `the root's key is of an elliptic curve, or of RSA with ${SMALLEST_RSA_BITS} bits`,
    'weaker keys can be forged',
    root => {
      const { asymmetricKeyType: type, asymmetricKeyDetails: details } = root.publicKey
      if (type === 'rsa')
        return (details?.modulusLength ?? 0) < SMALLEST_RSA_BITS ? `it is RSA with ${details?.modulusLength ?? 0} bits` : undefined
      return type === 'ec' || type === 'ed25519' ? undefined : `it is ${type ?? 'unknown'}`
    },
  ),
  {
    name: 'root-in-all-namespaces',
    group: GROUP,
    code: 'MC1108',
    phase: 'post',
    level: 'error',
    title: 'all namespaces have the root certificate',
    reason: 'pods with a sidecar do not start where the ConfigMap istio-ca-root-cert is missing',
    remedy: 'kubectl -n NAMESPACE logs deployment/istio-citadel; it writes the ConfigMap within seconds',
    needs: ['roots', 'namespaces'],
    run: ({ roots, namespaces }) => {
      const have = new Set(roots.map(({ namespace }) => namespace))
      return namespaces
        .filter(({ name, isTerminating }) => !isTerminating && !have.has(name))
        .map(({ name }) => `namespace ${name} has none`)
    },
  },
  {
    name: 'root-same-everywhere',
    group: GROUP,
    code: 'MC1109',
    phase: 'post',
    level: 'error',
    title: 'all namespaces have the same root certificate',
    reason: 'workloads of two namespaces do not trust each other',
    remedy:
      'find out who else writes ConfigMaps istio-ca-root-cert: kubectl get configmap istio-ca-root-cert -o yaml --show-managed-fields',
    needs: ['roots'],
    run: view =>
      view.roots
        .filter(({ data }) => (data[KEY] ?? '').trim() !== rootOf(view).trim())
        .map(({ namespace }) => `namespace ${namespace} has another`),
  },
  {
    name: 'issuer-valid-for-60-days',
    group: GROUP,
    code: 'MC1110',
    phase: 'post',
    level: 'warning',
    title: `citadel's own certificate is valid for ${SOON_DAYS} days more`,
    reason: 'an issuer that has expired signs nothing that is trusted',
    remedy: 'give citadel a new intermediate certificate: Secret cacerts',
    needs: ['pages'],
    run: view => {
      const until = metric(view, 'citadel_server_cert_chain_expiry_timestamp') * 1000
      return until > 0 && until - view.at < SOON_DAYS * DAY_MS ? [`it expires on ${dateOf(until)}`] : []
    },
  },
  counter(
    'citadel-signs',
    'MC1111',
    'citadel signs what it is asked to',
    'citadel_server_csr_sign_err_count',
    'some workloads have no certificate',
  ),
  counter(
    'citadel-knows-callers',
    'MC1112',
    'citadel knows who asks it',
    'citadel_server_authentication_failure_count',
    'some workloads cannot prove who they are',
  ),
]

function rootOf({ roots, namespace }: ClusterView): string {
  return roots.find(each => each.namespace === namespace)?.data[KEY] ?? ''
}

function daysLeft({ notAfterMs }: Certificate, { at }: ClusterView): number {
  return Math.floor((notAfterMs - at) / DAY_MS)
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** A bundle is good if one of its roots is: during a rotation the others are old or new ones. */
function onRoots(
  name: string,
  code: string,
  level: Check['level'],
  title: string,
  reason: string,
  problem: (root: Certificate, view: ClusterView) => string | undefined,
): Check {
  return {
    ...{ name, group: GROUP, code, phase: 'post', level, title, reason, remedy: ROTATE, needs: ['roots'] },
    run: view => {
      const text = rootOf(view)
      if (text === '') return []
      const chain = parseCertificateChain(text)
      if (chain.kind === 'err') return name === 'root-readable' ? [chain.error] : []
      const problems = chain.value.map(root => problem(root, view))
      return problems.includes(undefined) ? [] : problems.flatMap(each => each ?? [])
    },
  }
}

function metric({ pages }: ClusterView, name: string): number {
  return parseSamples(pages.citadelMetrics.text)
    .filter(sample => sample.name === name)
    .reduce((sum, { value }) => sum + value, 0)
}

function counter(name: string, code: string, title: string, of: string, reason: string): Check {
  const remedy = 'kubectl -n NAMESPACE logs deployment/istio-citadel names the callers'
  return {
    ...{ name, group: GROUP, code, phase: 'post', level: 'warning', title, reason, remedy, needs: ['pages'] },
    run: view => {
      const count = metric(view, of)
      return count > 0 ? [`${count} times since it started`] : []
    },
  }
}
