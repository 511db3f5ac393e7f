import { formatViolation } from '@meshwork/core/result'
import type { CertBundle } from '@meshwork/core/x509'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { RejectedResource, StoredResource, TypeStatus } from '@meshwork/xds/client'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, type XdsNode } from '@meshwork/xds/types'
import { type AdminPage, jsonAnswer } from './admin-page.ts'
import { envoyJson } from './proto-json.ts'

export interface ConfigDumpSource {
  readonly node: XdsNode
  types(): Iterable<TypeStatus>
  certificates(): CertBundle | null
}

const ADMIN = 'type.googleapis.com/envoy.admin.v3.'

/** envoy.admin.v3.ConfigDump: the resources as they came, with what was refused and why. Endpoints only with `include_eds`. */
export function configDumpPage(source: ConfigDumpSource): AdminPage {
  return {
    path: '/config_dump',
    help: 'print the configuration; ?include_eds, ?resource=dynamic_listeners|…',
    changes: false,
    answer: ({ query }) => {
      const types = new Map([...source.types()].map(status => [status.store.typeUrl, status]))
      const sections = [
        bootstrapSection(source.node),
        clustersSection(types.get(CLUSTER_TYPE)),
        ...(query.has('include_eds') ? [endpointsSection(types.get(ENDPOINT_TYPE))] : []),
        listenersSection(types.get(LISTENER_TYPE)),
        routesSection(types.get(ROUTE_TYPE)),
        secretsSection(source.certificates()),
      ]
      const resource = query.get('resource')
      return jsonAnswer({ configs: resource === null ? sections : sections.flatMap(section => listOf(section[resource])) })
    },
  }
}

type Section = Readonly<Record<string, unknown>>

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function bootstrapSection(node: XdsNode): Section {
  const { id, cluster, metadata, userAgentName } = node
  return { '@type': `${ADMIN}BootstrapConfigDump`, bootstrap: { node: { id, cluster, metadata, user_agent_name: userAgentName } } }
}

function clustersSection(status: TypeStatus | undefined): Section {
  const entries = entriesOf(status, bytes => Cluster.toJSON(Cluster.decode(bytes)))
  return {
    '@type': `${ADMIN}ClustersConfigDump`,
    version_info: status?.acceptedVersion ?? '',
    dynamic_active_clusters: entries.map(({ state, error, resource }) => ({
      ...state,
      ...(resource === null ? {} : { cluster: resource }),
      ...error,
    })),
  }
}

function endpointsSection(status: TypeStatus | undefined): Section {
  const entries = entriesOf(status, bytes => ClusterLoadAssignment.toJSON(ClusterLoadAssignment.decode(bytes)))
  return {
    '@type': `${ADMIN}EndpointsConfigDump`,
    dynamic_endpoint_configs: entries.map(({ state, error, resource }) => ({
      ...state,
      ...(resource === null ? {} : { endpoint_config: resource }),
      ...error,
    })),
  }
}

function listenersSection(status: TypeStatus | undefined): Section {
  const entries = entriesOf(status, bytes => Listener.toJSON(Listener.decode(bytes)))
  return {
    '@type': `${ADMIN}ListenersConfigDump`,
    version_info: status?.acceptedVersion ?? '',
    dynamic_listeners: entries.map(({ name, state, error, resource }) => ({
      name,
      ...(resource === null ? {} : { active_state: { ...state, listener: resource } }),
      ...error,
    })),
  }
}

function routesSection(status: TypeStatus | undefined): Section {
  const entries = entriesOf(status, bytes => RouteConfiguration.toJSON(RouteConfiguration.decode(bytes)))
  return {
    '@type': `${ADMIN}RoutesConfigDump`,
    dynamic_route_configs: entries.map(({ state, error, resource }) => ({
      ...state,
      ...(resource === null ? {} : { route_config: resource }),
      ...error,
    })),
  }
}

/** Names and certificates; the key is not even read. */
function secretsSection(bundle: CertBundle | null): Section {
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
  return { '@type': `${ADMIN}SecretsConfigDump`, dynamic_active_secrets: secrets }
}

interface Entry {
  readonly name: string
  readonly state: Section
  readonly error: Section
  /** null: only refused versions of it ever came. */
  readonly resource: Section | null
}

function entriesOf(status: TypeStatus | undefined, toJson: (bytes: Uint8Array) => unknown): readonly Entry[] {
  if (status === undefined) return []
  const { stored, rejected, typeUrl } = status.store
  const accepted = [...stored.values()].map(resource => acceptedEntry(resource, rejected.get(resource.name), typeUrl, toJson))
  const onlyRejected = [...rejected.values()].filter(({ name }) => !stored.has(name))
  return [
    ...accepted,
    ...onlyRejected.map((resource): Entry => ({ name: resource.name, state: {}, error: errorState(resource), resource: null })),
  ]
}

function acceptedEntry(
  resource: StoredResource,
  rejected: RejectedResource | undefined,
  typeUrl: string,
  toJson: (bytes: Uint8Array) => unknown,
): Entry {
  const json = envoyJson(toJson(resource.bytes))
  return {
    name: resource.name,
    state: { version_info: resource.version, last_updated: new Date(resource.updatedAt).toISOString() },
    error: rejected === undefined ? {} : errorState(rejected),
    resource: { '@type': typeUrl, ...(typeof json === 'object' ? json : {}) },
  }
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
