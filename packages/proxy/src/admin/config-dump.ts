import { formatViolation } from '@meshwork/core/result'
import type { CertBundle } from '@meshwork/core/x509'
import { messageName } from '@meshwork/protos/any'
import { decodeJson, type JsonValue } from '@meshwork/protos/json'
import type { RejectedResource, StoredResource, TypeStatus } from '@meshwork/xds/client'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE, type XdsNode } from '@meshwork/xds/types'
import { type AdminPage, jsonAnswer, textAnswer } from './admin-page.ts'
import { DumpSelection } from './dump-selection.ts'
import { staticParts, type StaticParts } from './static-parts.ts'

export interface ConfigDumpSource {
  readonly node: XdsNode
  /** Wire form of the bootstrap that the proxy was started from. null: flags told what a bootstrap would. */
  readonly bootstrap: Uint8Array | null
  types(): Iterable<TypeStatus>
  certificates(): CertBundle | null
}

const ADMIN = 'type.googleapis.com/envoy.admin.v3.'

/**
 * envoy.admin.v3.ConfigDump: the resources as they came, with what was refused and why. Endpoints only with `include_eds`;
 * `resource`, `mask` and `name_regex` choose parts, as in Envoy.
 */
export function configDumpPage(source: ConfigDumpSource): AdminPage {
  return {
    path: '/config_dump',
    help: 'print the configuration; ?include_eds, ?resource=dynamic_listeners|…, ?mask=FIELD,…, ?name_regex=REGEX',
    changes: false,
    answer: ({ query }) => {
      const selection = DumpSelection.of(query)
      if (selection === null) return textAnswer('name_regex is not a regular expression\n', 400)
      const chosen = selection.apply(sectionsOf(source, query.has('include_eds')))
      if (chosen !== null) return jsonAnswer({ configs: chosen })
      return textAnswer(`${query.get('resource')} not found in config dump\n`, 404)
    },
  }
}

function sectionsOf(source: ConfigDumpSource, withEndpoints: boolean): readonly Section[] {
  const types = new Map([...source.types()].map(status => [status.store.typeUrl, status]))
  const parts = staticParts(source.bootstrap)
  return [
    bootstrapSection(source.node, parts),
    clustersSection(types.get(CLUSTER_TYPE), parts),
    ...(withEndpoints ? [endpointsSection(types.get(ENDPOINT_TYPE))] : []),
    listenersSection(types.get(LISTENER_TYPE), parts),
    routesSection(types.get(ROUTE_TYPE), parts),
    secretsSection(source.certificates(), types.get(SECRET_TYPE), parts),
  ]
}

type Section = Readonly<Record<string, unknown>>

function bootstrapSection(node: XdsNode, { bootstrap }: StaticParts): Section {
  if (bootstrap !== null) return { '@type': `${ADMIN}BootstrapConfigDump`, bootstrap }
  const { id, cluster, metadata, userAgentName } = node
  return { '@type': `${ADMIN}BootstrapConfigDump`, bootstrap: { node: { id, cluster, metadata, user_agent_name: userAgentName } } }
}

function clustersSection(status: TypeStatus | undefined, parts: StaticParts): Section {
  const entries = entriesOf(status)
  return {
    '@type': `${ADMIN}ClustersConfigDump`,
    version_info: status?.acceptedVersion ?? '',
    static_clusters: parts.clusters,
    dynamic_active_clusters: entries.map(({ state, error, resource }) => ({
      ...state,
      ...(resource === null ? {} : { cluster: resource }),
      ...error,
    })),
  }
}

function endpointsSection(status: TypeStatus | undefined): Section {
  const entries = entriesOf(status)
  return {
    '@type': `${ADMIN}EndpointsConfigDump`,
    dynamic_endpoint_configs: entries.map(({ state, error, resource }) => ({
      ...state,
      ...(resource === null ? {} : { endpoint_config: resource }),
      ...error,
    })),
  }
}

function listenersSection(status: TypeStatus | undefined, parts: StaticParts): Section {
  const entries = entriesOf(status)
  return {
    '@type': `${ADMIN}ListenersConfigDump`,
    version_info: status?.acceptedVersion ?? '',
    static_listeners: parts.listeners,
    dynamic_listeners: entries.map(({ name, state, error, resource }) => ({
      name,
      ...(resource === null ? {} : { active_state: { ...state, listener: resource } }),
      ...error,
    })),
  }
}

function routesSection(status: TypeStatus | undefined, parts: StaticParts): Section {
  const entries = entriesOf(status)
  return {
    '@type': `${ADMIN}RoutesConfigDump`,
    static_route_configs: parts.routes,
    dynamic_route_configs: entries.map(({ state, error, resource }) => ({
      ...state,
      ...(resource === null ? {} : { route_config: resource }),
      ...error,
    })),
  }
}

/** Names and certificates, of the agent's secrets and of those that the control plane delivered. Keys come out as `[redacted]`. */
function secretsSection(bundle: CertBundle | null, status: TypeStatus | undefined, parts: StaticParts): Section {
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret'
  const text = (certificates: CertBundle['chain']): unknown => ({ inline_string: certificates.map(({ pem }) => pem).join('') })
  const secrets =
    bundle === null
      ? []
      : [
          {
            name: 'default',
            secret: {
              '@type': type,
              name: 'default',
              tls_certificate: { certificate_chain: text(bundle.chain), private_key: { inline_string: '[redacted]' } },
            },
          },
          { name: 'ROOTCA', secret: { '@type': type, name: 'ROOTCA', validation_context: { trusted_ca: text(bundle.roots) } } },
        ]
  const delivered = entriesOf(status).map(({ name, state, error, resource }) => ({
    name,
    ...state,
    ...(resource === null ? {} : { secret: resource }),
    ...error,
  }))
  return { '@type': `${ADMIN}SecretsConfigDump`, static_secrets: parts.secrets, dynamic_active_secrets: [...secrets, ...delivered] }
}

interface Entry {
  readonly name: string
  readonly state: Section
  readonly error: Section
  /** null: only refused versions of it ever came. */
  readonly resource: Section | null
}

function entriesOf(status: TypeStatus | undefined): readonly Entry[] {
  if (status === undefined) return []
  const { stored, rejected, typeUrl } = status.store
  const accepted = [...stored.values()].map(resource => acceptedEntry(resource, rejected.get(resource.name), typeUrl))
  const onlyRejected = [...rejected.values()].filter(({ name }) => !stored.has(name))
  return [
    ...accepted,
    ...onlyRejected.map((resource): Entry => ({ name: resource.name, state: {}, error: errorState(resource), resource: null })),
  ]
}

function acceptedEntry(resource: StoredResource, rejected: RejectedResource | undefined, typeUrl: string): Entry {
  const json = decodeJson(messageName(typeUrl), resource.bytes)
  return {
    name: resource.name,
    state: { version_info: resource.version, last_updated: new Date(resource.updatedAt).toISOString() },
    error: rejected === undefined ? {} : errorState(rejected),
    resource: { '@type': typeUrl, ...membersOf(json) },
  }
}

function membersOf(json: JsonValue): Section {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {}
}

/** envoy.admin.v3.UpdateFailureState. */
function errorState({ name, version, violations, rejectedAt }: RejectedResource): Section {
  return {
    error_state: {
      details: violations.map(violation => `${name}: ${formatViolation(violation)}`).join('\n'),
      last_update_attempt: new Date(rejectedAt).toISOString(),
      version_info: version,
    },
    client_status: 'NACKED',
  }
}
