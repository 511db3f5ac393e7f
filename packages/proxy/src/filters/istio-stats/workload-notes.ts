import type { Peer } from '../peer-metadata/peer.ts'

/** Texts that are remembered; more start anew. */
const MAX_NOTES = 1000

/** Reads what the control plane notes of an endpoint: `name;namespace;canonical name;canonical revision;cluster`. */
export class WorkloadNotes {
  private readonly byText = new Map<string, Peer>()

  /** `metadata`: of the endpoint, by namespace. null: there is no note. */
  read(metadata: Readonly<Record<string, unknown>> | undefined): Peer | null {
    const istio = metadata?.['istio']
    if (typeof istio !== 'object' || istio === null || !('workload' in istio) || typeof istio.workload !== 'string') return null
    const known = this.byText.get(istio.workload)
    if (known !== undefined) return known
    const peer = peerOfNote(istio.workload)
    if (this.byText.size >= MAX_NOTES) this.byText.clear()
    this.byText.set(istio.workload, peer)
    return peer
  }
}

function peerOfNote(note: string): Peer {
  const [workload = '', namespace = '', service = '', revision = '', cluster = ''] = note.split(';')
  const canonicalService = service || workload
  const canonicalRevision = revision || 'latest'
  return { workload, namespace, app: service, version: revision, canonicalService, canonicalRevision, cluster }
}

/** Of `spiffe://cluster.local/ns/shop/sa/web`; '' of any other name. */
export function namespaceOf(uri: string): string {
  return /^spiffe:\/\/[^/]+\/ns\/([^/]+)\//.exec(uri)?.[1] ?? ''
}
