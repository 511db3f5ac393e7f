import type { ConfigSource } from '@meshwork/protos/envoy/config/core/v3/config_source'
import { deliveredName } from './delivered-secret-name.ts'
import type { Report } from './report.ts'

/**
 * Secrets from a server of their own, or from a file of discovery responses, carry inside the proxy a name that says where they come
 * from: `served:<cluster>~<name>` and `listed:<path>~<name>`.
 */
const SERVED_PREFIX = 'served:'
const LISTED_PREFIX = 'listed:'
const SEPARATOR = '~'

/** The cluster under which sidecars of Istio know the agent beside them, which is asked for the workload's own secrets. */
export const AGENT_CLUSTER = 'sds-grpc'

/** A secret and the place that it comes from: a cluster's name, or a path. */
export interface SourcedName {
  readonly source: string
  readonly name: string
}

/** The name by which the proxy knows the secret `name` of `sds_config`. */
export function sourcedName(name: string, config: ConfigSource | undefined, report: Report): string {
  const specifier = config?.configSourceSpecifier
  switch (specifier?.$case) {
    case 'ads':
      return deliveredName(name)
    case 'apiConfigSource': {
      const target = specifier.value.grpcServices[0]?.targetSpecifier
      if (target?.$case === 'envoyGrpc')
        return target.value.clusterName === AGENT_CLUSTER ? name : servedName(target.value.clusterName, name)
      report.at('api_config_source', 'grpc_services').refuse('unsupported-field', 'must name a cluster with envoy_grpc')
      return name
    }
    case 'pathConfigSource':
      return `${LISTED_PREFIX}${specifier.value.path}${SEPARATOR}${name}`
    case 'path':
      return `${LISTED_PREFIX}${specifier.value}${SEPARATOR}${name}`
    case 'self':
    case undefined:
      return name
  }
}

export function servedName(cluster: string, name: string): string {
  return `${SERVED_PREFIX}${cluster}${SEPARATOR}${name}`
}

/** null: not from a server of its own. */
export function parseServedName(name: string): SourcedName | null {
  return parse(name, SERVED_PREFIX)
}

/** null: not from a file of discovery responses. */
export function parseListedName(name: string): SourcedName | null {
  return parse(name, LISTED_PREFIX)
}

/** Names of secrets may hold the separator, those of clusters and paths hardly. */
function parse(text: string, prefix: string): SourcedName | null {
  const end = text.indexOf(SEPARATOR)
  if (!text.startsWith(prefix) || end < 0) return null
  return { source: text.slice(prefix.length, end), name: text.slice(end + SEPARATOR.length) }
}
