import { constrained, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { configPort, flag, labels, list, listField, oneOf, text } from '../shape/values.ts'
import { DEFAULT_SERVER_TLS_MODE } from './defaults.ts'
import type * as gw from './type.ts'

const version = oneOf<gw.TlsProtocolVersion>('TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3')

const certificateFiles = object<gw.ServerTlsSettings['tlsCertificates'][number]>({
  serverCertificate: optional(text),
  privateKey: optional(text),
  caCertificates: optional(text),
})

/** Shared with Sidecar, whose inbound listeners may end TLS too. */
export const serverTls: Shape<gw.ServerTlsSettings> = object<gw.ServerTlsSettings>({
  httpsRedirect: orElse(flag, false),
  mode: orElse(
    oneOf<gw.ServerTlsMode>('PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'),
    DEFAULT_SERVER_TLS_MODE,
  ),
  serverCertificate: optional(text),
  privateKey: optional(text),
  caCertificates: optional(text),
  caCrl: optional(text),
  credentialName: optional(text),
  credentialNames: listField(text),
  caCertCredentialName: optional(text),
  tlsCertificates: listField(certificateFiles),
  subjectAltNames: listField(text),
  verifyCertificateSpki: listField(text),
  verifyCertificateHash: listField(text),
  minProtocolVersion: optional(version),
  maxProtocolVersion: optional(version),
  cipherSuites: listField(text),
})

const server = object<gw.GatewayServer>({
  port: required(configPort),
  bind: optional(text),
  hosts: required(list(text)),
  tls: optional(serverTls),
  defaultEndpoint: optional(text),
  name: optional(text),
})

export const gatewayShape: Shape<gw.GatewaySpec> = constrained(object<gw.GatewaySpec>({ selector: labels, servers: listField(server) }), {
  description: 'What a gateway proxy listens on',
})
