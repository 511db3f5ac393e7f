import { isIP } from 'node:net'
import type { ServiceEndpoint } from '@meshwork/config/registry'
import { type BinaryWriter, encodeWith } from '@meshwork/protos/encode-message'
import { Address } from '@meshwork/protos/envoy/config/core/v3/address'
import { Locality } from '@meshwork/protos/envoy/config/core/v3/base'
import { pipeAddress } from '../envoy/address.ts'
import { textPlace, writeFilterMetadata, writeText } from '../envoy/write-metadata.ts'
import type { EndpointInputs, LoadAssignmentInputs } from './inputs.ts'
import { type EndpointGroup, groupEndpoints } from './locality-order.ts'

/** `number << 3 | wire type` of the fields of envoy.config.endpoint.v3, and of the messages around an address. */
const CLUSTER_NAME = 10
const ENDPOINTS = 18
const LOCALITY = { locality: 10, lbEndpoints: 18, weight: 26, priority: 40 } as const
const LB_ENDPOINT = { endpoint: 10, metadata: 26, weight: 34 } as const
const ENDPOINT_ADDRESS = 10
const SOCKET_ADDRESS = 10
const SOCKET = { address: 18, portValue: 24 } as const
/** Of a wrapped number. */
const WRAPPED = 8

/**
 * Endpoints grouped by locality and priority, each with what the cluster needs to choose its transport. Written without messages in
 * between: a mesh has many times more endpoints than anything else.
 */
export function encodeLoadAssignment(inputs: LoadAssignmentInputs): Uint8Array {
  const groups = groupEndpoints(inputs.endpoints, inputs.caller)
  return encodeWith(writer => {
    writer.uint32(CLUSTER_NAME).string(inputs.cluster)
    for (const group of groups) writeGroup(group, writer.uint32(ENDPOINTS).fork()).join()
  })
}

/**
 * As `encodeLoadAssignment`, for EDS, which knows addresses only: proxies refuse the whole assignment for one name. A name gets here
 * where a ServiceEntry with DNS declares the host of a service that has addresses.
 */
export function encodeEdsAssignment(inputs: LoadAssignmentInputs): Uint8Array {
  const { endpoints } = inputs
  return encodeLoadAssignment(endpoints.every(isAddress) ? inputs : { ...inputs, endpoints: endpoints.filter(isAddress) })
}

function isAddress({ endpoint: { address } }: EndpointInputs): boolean {
  return isIP(address) !== 0 || /^(?:unix:|\/)/.test(address)
}

function writeGroup(
  { locality: { region, zone, subzone }, endpoints, priority, weight }: EndpointGroup,
  writer: BinaryWriter,
): BinaryWriter {
  if (region !== '' || zone !== '' || subzone !== '') {
    Locality.encode({ region, zone, subZone: subzone }, writer.uint32(LOCALITY.locality).fork()).join()
  }
  for (const endpoint of endpoints) writeEndpoint(endpoint, writer.uint32(LOCALITY.lbEndpoints).fork()).join()
  writeWrapped(weight, writer.uint32(LOCALITY.weight).fork()).join()
  return priority === 0 ? writer : writer.uint32(LOCALITY.priority).uint32(priority)
}

function writeEndpoint({ endpoint, mutualTls }: EndpointInputs, writer: BinaryWriter): BinaryWriter {
  writeAddress(endpoint, writer.uint32(LB_ENDPOINT.endpoint).fork().uint32(ENDPOINT_ADDRESS).fork()).join().join()
  writeText(ISTIO_WORKLOAD, workloadText(endpoint), writer.uint32(LB_ENDPOINT.metadata).fork())
  if (mutualTls) writer.raw(TAKES_MUTUAL_TLS)
  return writeWrapped(endpoint.weight, writer.join().uint32(LB_ENDPOINT.weight).fork()).join()
}

const ISTIO_WORKLOAD = textPlace('istio', 'workload')

/** `tlsMode` selects the cluster's transport socket. */
const TAKES_MUTUAL_TLS = encodeWith(writer => void writeFilterMetadata('envoy.transport_socket_match', { tlsMode: 'istio' }, writer))

function writeAddress({ address, port }: ServiceEndpoint, writer: BinaryWriter): BinaryWriter {
  if (address.startsWith('unix:')) return Address.encode(pipeAddress(address), writer)
  writer.uint32(SOCKET_ADDRESS).fork()
  if (address !== '') writer.uint32(SOCKET.address).string(address)
  // A port is always said, even 0.
  return writer.uint32(SOCKET.portValue).uint32(port).join()
}

function writeWrapped(value: number, writer: BinaryWriter): BinaryWriter {
  return value === 0 ? writer : writer.uint32(WRAPPED).uint32(value)
}

/** What telemetry calls the endpoint: name;namespace;app;version;cluster. */
function workloadText({ labels, workload, namespace, cluster = '' }: ServiceEndpoint): string {
  return `${workload?.name ?? ''};${workload?.namespace ?? namespace};${labels['app'] ?? ''};${labels['version'] ?? ''};${cluster}`
}
