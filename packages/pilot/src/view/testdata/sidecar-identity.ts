import type { ViewIdentity } from '../view-identity.ts'

/** A sidecar of ours in namespace `default` that captures connections, for tests that ask about one trait of it. */
export function sidecarIdentity(traits: Partial<ViewIdentity> = {}): ViewIdentity {
  return {
    kind: 'sidecar',
    meshwork: true,
    namespace: 'default',
    dnsDomain: 'default.svc.cluster.local',
    labels: {},
    interception: 'redirect',
    dnsCapture: false,
    place: { locality: { region: '', zone: '', subzone: '' }, labels: {} },
    ownPorts: [],
    ip: '',
    mixerPod: '',
    nodeFacts: {},
    mayHoldKeys: false,
    ...traits,
  }
}
