import type { ServiceEndpoint } from '@meshwork/config/registry'
import type { XdsNode } from '@meshwork/xds/types'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { ownEndpoints } from './own-endpoints.ts'
import { parseProxyNode, type ProxyNode } from './proxy-node.ts'
import { type ViewIdentity, viewIdentity, type ViewKey, viewKeyOf } from './view-identity.ts'

export interface KeyedIdentity {
  readonly identity: ViewIdentity
  readonly key: ViewKey
}

interface Entry extends KeyedIdentity {
  readonly proxy: ProxyNode
  readonly own: readonly ServiceEndpoint[]
  readonly rest: readonly unknown[]
}

/** Remembers who each connected node is, so that a push asks again only where something of its own changed. */
export class IdentityMemo {
  private readonly entries = new WeakMap<XdsNode, Entry>()

  /** `mayHoldKeys`: what it proved, which stays for as long as it is connected. undefined: the node is none of ours. */
  of(node: XdsNode, snapshot: MeshSnapshot, mayHoldKeys: boolean): KeyedIdentity | undefined {
    const known = this.entries.get(node)
    const proxy = known?.proxy ?? parsed(node)
    if (proxy === undefined) return undefined
    const own = ownEndpoints(proxy, snapshot)
    const rest = restOf(snapshot)
    if (known !== undefined && sameItems(known.own, own) && sameItems(known.rest, rest)) return known
    const identity = viewIdentity(proxy, snapshot, mayHoldKeys)
    const entry = { proxy, own, rest, identity, key: viewKeyOf(identity) }
    this.entries.set(node, entry)
    return entry
  }
}

function parsed(node: XdsNode): ProxyNode | undefined {
  const proxy = parseProxyNode(node)
  return proxy.kind === 'ok' ? proxy.value : undefined
}

/** All that identities depend on beside the own endpoints: everything but routes. */
function restOf(snapshot: MeshSnapshot): readonly unknown[] {
  let rest = rests.get(snapshot)
  if (rest === undefined) {
    const { registry, revision: _r, revisions: _rs, virtualServices: _vs, objects: _o, rejections: _rj, ...others } = valuesOf(snapshot)
    rest = [snapshot.registry.services, ...Object.values(others), typeof registry]
    rests.set(snapshot, rest)
  }
  return rest
}
const rests = new WeakMap<MeshSnapshot, readonly unknown[]>()

/** Without what is only worked out when somebody looks. */
function valuesOf(snapshot: MeshSnapshot): Readonly<Record<string, unknown>> {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(snapshot))
  return Object.fromEntries(descriptors.flatMap(([name, descriptor]) => ('value' in descriptor ? [[name, descriptor.value]] : [])))
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]))
}
