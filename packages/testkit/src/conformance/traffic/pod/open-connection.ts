import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type PeerCertificate, TLSSocket } from 'node:tls'

import type { DrivenRequest } from './messages.ts'

/** A new connection to what the request dials, in TLS where its protocol says so. */
export function openConnection(request: DrivenRequest): Promise<Socket> {
  const { spec } = request
  const colon = spec.dial.lastIndexOf(':')
  const target = {
    host: spec.dial.slice(0, colon),
    port: Number(spec.dial.slice(colon + 1)),
    ...(spec.source === undefined ? {} : { localAddress: spec.source }),
  }
  const inTls = spec.proto === 'https' || spec.proto === 'h2'
  return new Promise((resolve, reject) => {
    const socket = inTls ? connectTls({ ...target, ...tlsOptions(request) }) : connectTcp(target)
    // Stays: an error after the connection stands is seen by whoever reads, and must not end the process.
    socket.on('error', reject)
    socket.once(inTls ? 'secureConnect' : 'connect', () => resolve(socket))
  })
}

function tlsOptions(request: DrivenRequest): Record<string, unknown> {
  const { spec, certificate } = request
  const alpn = spec.alpn === undefined ? (spec.proto === 'h2' ? ['h2'] : []) : [spec.alpn].flat()
  const name = spec.sni ?? ''
  return {
    rejectUnauthorized: false,
    servername: isIP(name) === 0 ? name : '',
    ...(alpn.length === 0 ? {} : { ALPNProtocols: alpn }),
    ...(certificate === null ? {} : { cert: certificate.certificate, key: certificate.key }),
  }
}

/** DNS names of the certificate the other side showed; its common name when it has none. */
export function shownNames(socket: Socket): readonly string[] {
  if (!(socket instanceof TLSSocket)) return []
  const peer: PeerCertificate = socket.getPeerCertificate()
  const names = (peer.subjectaltname ?? '').split(', ').filter(name => name.startsWith('DNS:'))
  if (names.length > 0) return names.map(name => name.slice('DNS:'.length))
  return peer.subject?.CN === undefined ? [] : [peer.subject.CN].flat()
}
