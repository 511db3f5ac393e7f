import type { Command } from 'commander'

/** The flags by which a proxy or an agent is told who it is and where its certificate comes from. */
export interface IdentityFlags {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly ca: string
  readonly caRoot: string
  readonly token: string
  readonly certificateTtl: number
}

export function addIdentityFlags(command: Command): Command {
  return command
    .requiredOption('--namespace <name>', 'namespace of the workload')
    .requiredOption('--service-account <name>', 'service account of the workload')
    .option('--trust-domain <domain>', 'trust domain of the mesh', 'cluster.local')
    .option('--ca <host:port>', 'citadel, over TLS', '127.0.0.1:15012')
    .requiredOption('--ca-root <file>', 'root certificate to verify citadel with, PEM')
    .requiredOption('--token <file>', "the workload's token; read again for each request")
    .option('--certificate-ttl <seconds>', 'lifetime to ask for; 0 leaves it to citadel', Number, 0)
}
