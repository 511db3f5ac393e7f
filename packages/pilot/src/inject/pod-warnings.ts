import { type Fields, fieldsOf, itemsOf, nameOf } from './json.ts'

const PROXY_USER = 1337

/** What an injected pod should know: some of its traffic does not go through the proxy. */
export function podWarnings(pod: Fields): readonly string[] {
  const spec = fieldsOf(pod['spec'])
  const general = fieldsOf(spec['securityContext'])['runAsUser']
  return itemsOf(spec['containers'])
    .filter(container => nameOf(container) !== 'istio-proxy')
    .flatMap(container => [...udpWarnings(container), ...userWarnings(container, general)])
}

function udpWarnings(container: Fields): readonly string[] {
  const ports = itemsOf(container['ports']).filter(each => each['protocol'] === 'UDP')
  return ports.map(({ containerPort }) => `container ${nameOf(container)}: UDP port ${String(containerPort)} does not go through the proxy`)
}

function userWarnings(container: Fields, general: unknown): readonly string[] {
  const user = fieldsOf(container['securityContext'])['runAsUser'] ?? general
  if (user !== PROXY_USER) return []
  return [`container ${nameOf(container)} runs as user ${PROXY_USER}, the proxy's: its outbound traffic does not go through the proxy`]
}
