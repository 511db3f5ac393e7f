import type { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from './peer-certificate.ts'
import { readCertificate } from './read-peer-certificate.ts'
import { parseSubjectAltNames, type SubjectAltNames } from './subject-alt-names.ts'

/** What a certificate says, read once however many connections it is shown on. */
export interface KnownPeer {
  readonly certificate: PeerCertificate
  readonly names: SubjectAltNames
}

/** Peers choose what they show: so many are kept, those not seen for longest make room. */
const MAX_KNOWN = 256

/** Certificates that were shown lately, by their bytes: what is read of one depends on nothing else. */
class KnownPeers {
  private readonly byBytes = new Map<string, KnownPeer>()

  of(certificate: X509Certificate): KnownPeer {
    const key = certificate.raw.toString('latin1')
    const known = this.byBytes.get(key) ?? read(certificate)
    this.byBytes.delete(key)
    this.byBytes.set(key, known)
    if (this.byBytes.size > MAX_KNOWN) this.dropOldest()
    return known
  }

  private dropOldest(): void {
    for (const key of this.byBytes.keys()) {
      this.byBytes.delete(key)
      return
    }
  }
}

export const knownPeers: KnownPeers = new KnownPeers()

function read(certificate: X509Certificate): KnownPeer {
  return { certificate: readCertificate(certificate), names: parseSubjectAltNames(certificate.subjectAltName ?? '') }
}
