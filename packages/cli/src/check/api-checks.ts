import type { Check } from './check.ts'
import type { ClusterView } from './cluster-view.ts'

/** What Chart.yaml of the mesh asks for, and the newest minor version that the suite runs on. */
const OLDEST_MINOR = 27
const NEWEST_MINOR = 34
const SLOW_ANSWER_MS = 2000
const SKEW_LIMIT_MS = 30_000

const GROUP = 'kubernetes-api'
const VERSIONS = 'kubernetes-version'

/** Groups of the API that a part of the mesh cannot do without. */
const NEEDED_GROUPS: readonly (readonly [string, string, string])[] = [
  ['apps/v1', 'MC0111', 'nothing can be deployed'],
  ['admissionregistration.k8s.io/v1', 'MC0112', 'no pod gets a sidecar and configuration is not validated'],
  ['apiextensions.k8s.io/v1', 'MC0113', 'the kinds of the mesh cannot be defined'],
  ['authentication.k8s.io/v1', 'MC0114', 'citadel cannot verify who asks for a certificate'],
  ['rbac.authorization.k8s.io/v1', 'MC0115', 'the control plane gets no rights'],
  ['discovery.k8s.io/v1', 'MC0116', 'endpoints of services are not known'],
  ['coordination.k8s.io/v1', 'MC0117', 'replicas of the control plane cannot elect a leader'],
  ['autoscaling/v2', 'MC0118', 'the control plane does not scale'],
  ['policy/v1', 'MC0119', 'draining a node can stop the control plane'],
]

export const API_CHECKS: readonly Check[] = [
  {
    name: 'api-reachable',
    group: GROUP,
    code: 'MC0101',
    phase: 'both',
    level: 'error',
    title: 'the API server answers',
    reason: 'nothing can be said about a cluster that does not answer',
    remedy: 'check that kubectl works with the same kubeconfig: kubectl version',
    needs: [],
    run: ({ api }) => (api.problem === undefined ? [] : [`${api.server}: ${api.problem}`]),
  },
  {
    name: 'api-answers-fast',
    group: GROUP,
    code: 'MC0102',
    phase: 'both',
    level: 'warning',
    title: `the API server answers within ${SLOW_ANSWER_MS} ms`,
    reason: 'injection and validation are called by the API server; a slow one delays every pod',
    remedy: 'look at the load of the API server and of etcd, and at the network between here and there',
    needs: [],
    run: ({ api }) => (api.answeredInMs <= SLOW_ANSWER_MS ? [] : [`it took ${Math.round(api.answeredInMs)} ms`]),
  },
  {
    name: 'clock-skew',
    group: GROUP,
    code: 'MC0103',
    phase: 'both',
    level: 'error',
    title: `clocks differ by less than ${SKEW_LIMIT_MS / 1000} s`,
    reason: 'certificates that are not valid yet, or no longer, break every mutual-TLS connection',
    remedy: 'synchronise the clocks of this machine and of all nodes by NTP',
    needs: [],
    run: ({ api }) =>
      Math.abs(api.clockSkewMs ?? 0) < SKEW_LIMIT_MS
        ? []
        : [
            `this machine is ${Math.round(Math.abs(api.clockSkewMs ?? 0) / 1000)} s ${(api.clockSkewMs ?? 0) > 0 ? 'ahead of' : 'behind'} the API server`,
          ],
  },
  {
    name: 'lists-readable',
    group: GROUP,
    code: 'MC0104',
    phase: 'both',
    level: 'warning',
    title: 'everything that checks look at can be read',
    reason: 'checks that need what cannot be read are skipped',
    remedy: 'run meshctl check as a user with the ClusterRole view and the right to read nodes, CRDs, webhooks and roles',
    needs: [],
    run: ({ unreadable }) => [...unreadable].map(([list, reason]) => `${list}: ${reason}`),
  },
  ...NEEDED_GROUPS.map(([group, code, reason]): Check => ({
    name: `api-has-${group.replaceAll(/[./]/g, '-')}`,
    group: GROUP,
    code,
    phase: 'pre',
    level: 'error',
    title: `the cluster serves ${group}`,
    reason: `without it ${reason}`,
    remedy: 'upgrade Kubernetes, or turn the API group on with --runtime-config of the API server',
    needs: [],
    run: ({ groups }) => (groups.has(group) ? [] : [`${group} is not among ${groups.size} versions of groups`]),
  })),
  {
    name: 'kubernetes-version',
    group: VERSIONS,
    code: 'MC0201',
    phase: 'both',
    level: 'error',
    title: `Kubernetes is 1.${OLDEST_MINOR} or newer`,
    reason: 'older versions lack what the control plane and its charts use',
    remedy: `upgrade the cluster to 1.${OLDEST_MINOR} or newer`,
    needs: [],
    run: view => (minorOf(view) >= OLDEST_MINOR ? [] : [`it is ${view.api.version || 'unknown'}`]),
  },
  {
    name: 'kubernetes-version-tested',
    group: VERSIONS,
    code: 'MC0202',
    phase: 'both',
    level: 'warning',
    title: `Kubernetes is not newer than 1.${NEWEST_MINOR}, the newest that this version was tested on`,
    reason: 'a newer cluster will most likely work, and nobody has tried',
    remedy: 'look for a newer version of the mesh',
    needs: [],
    run: view => (minorOf(view) <= NEWEST_MINOR ? [] : [`it is ${view.api.version}`]),
  },
]

/** 0 for what is no version. */
function minorOf({ api }: ClusterView): number {
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(api.version) ?? []
  return Number(major) > 1 ? Number.POSITIVE_INFINITY : Number(minor)
}
