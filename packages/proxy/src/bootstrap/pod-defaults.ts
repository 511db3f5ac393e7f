import type { Command } from 'commander'
import type { PodSettings } from '../pod/index.ts'

/** Gives flags the values that the pod says. Those of the command line win over them, and so do flags' own variables. */
export function setPodDefaults(program: Command, pod: PodSettings): void {
  const values = {
    namespace: pod.namespace,
    serviceAccount: pod.serviceAccount,
    trustDomain: pod.trustDomain,
    caAddress: pod.caAddress,
    rootCert: pod.caRootFile,
    tokenFile: pod.tokenFile,
    labels: pod.labels,
    interceptionMode: pod.interceptionMode,
    clusterId: pod.clusterId,
    xdsAddress: pod.config.discovery,
    xdsRoot: pod.config.isSecure ? pod.xdsRootFile : undefined,
    adminAddress: { kind: 'tcp', host: '127.0.0.1', port: pod.config.adminPort },
    statusAddress: { kind: 'tcp', host: pod.address.includes(':') ? '::' : '0.0.0.0', port: pod.config.statusPort },
    drainSeconds: pod.drainMs / 1000,
    stateFolder: pod.stateFolder ?? undefined,
    dns: pod.dns ?? undefined,
  }
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) program.setOptionValueWithSource(key, value, 'config')
  }
}
