import type { Dice } from './dice.ts'
import type {
  MatchDocument,
  MeshDocument,
  RouteDocument,
  ServiceFacts,
  TextMatch,
  TextMatches,
  VirtualServiceDocument,
} from './mesh-document.ts'

export const SERVICES: readonly ServiceFacts[] = [
  { name: 'a', namespace: 'default', ip: '10.0.0.1', ports: [80] },
  { name: 'b', namespace: 'default', ip: '10.0.0.2', ports: [80, 8080] },
  { name: 'a', namespace: 'team', ip: '10.0.0.3', ports: [80] },
]

export const WORDS: readonly string[] = ['a', 'b', 'ab', 'A', '1', '']
export const HEADERS: readonly string[] = ['x-a', 'x-b', 'x-c']
export const PARAMETERS: readonly string[] = ['p', 'q']

/** A mesh with up to four VirtualServices whose hosts and matches are near enough to one another to collide. */
export function randomMesh(dice: Dice): MeshDocument {
  let routes = 0
  const nextName = (): string => `route-${routes++}`
  const roots = Array.from({ length: 1 + dice.upTo(3) }, (_, i) => virtualService(`v${i}`, dice, nextName))
  const part = virtualServiceOf('part', 'default', { http: [partRoute(dice, nextName), { name: nextName(), ...TO_B }] })
  return { services: SERVICES, virtualServices: [...roots, part] }
}

const TO_B = { route: [{ destination: { host: 'b.default.svc.cluster.local' } }] }

function virtualService(name: string, dice: Dice, nextName: () => string): VirtualServiceDocument {
  const [namespace, ...hosts] = dice.pick(
    ['default', 'a'],
    ['default', 'b'],
    ['default', 'a', 'b'],
    ['default', 'a', 'shop.example.com'],
    ['default', '*.default.svc.cluster.local'],
    ['team', '*.svc.cluster.local'],
    ['team', 'a'],
    ['team', 'a.default.svc.cluster.local'],
    ['default', 'shop.example.com', '*.wild.example.com'],
    ['default', 'a.default'],
    ['default', '*.example.com'],
  )
  const exportTo = dice.pick<readonly string[] | undefined>(undefined, undefined, undefined, ['.'], ['default'], ['*'])
  return virtualServiceOf(name, namespace ?? 'default', {
    hosts,
    ...(exportTo === undefined ? {} : { exportTo }),
    http: Array.from({ length: 1 + dice.upTo(5) }, () => route(dice, nextName())),
  })
}

function virtualServiceOf(name: string, namespace: string, spec: VirtualServiceDocument['spec']): VirtualServiceDocument {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name, namespace }, spec }
}

function route(dice: Dice, name: string): RouteDocument {
  if (dice.chance(0.1)) return { name, match: [{ uri: { prefix: '/a' } }], delegate: { name: 'part' } }
  const match = Array.from({ length: dice.chance(0.15) ? 0 : 1 + dice.upTo(2) }, () => matchBlock(dice))
  return { name, ...(match.length === 0 ? {} : { match }), ...TO_B }
}

/** Its match has nothing in common with that of the routes that delegate, so the two never contradict each other. */
function partRoute(dice: Dice, nextName: () => string): RouteDocument {
  return { name: nextName(), match: [{ headers: texts(dice, HEADERS) }], ...TO_B }
}

function matchBlock(dice: Dice): MatchDocument {
  return {
    ...(dice.chance(0.6) && { uri: pathMatch(dice) }),
    ...(dice.chance(0.2) && { ignoreUriCase: true }),
    ...(dice.chance(0.2) && { method: dice.pick<TextMatch>({ exact: 'GET' }, { prefix: 'P' }, { regex: 'GET|PUT' }) }),
    ...(dice.chance(0.1) && { authority: dice.pick<TextMatch>({ exact: 'a' }, { prefix: 'a' }, { regex: '.*:80' }) }),
    ...(dice.chance(0.1) && { scheme: { exact: dice.pick('http', 'https') } }),
    ...(dice.chance(0.3) && { headers: texts(dice, HEADERS) }),
    ...(dice.chance(0.2) && { withoutHeaders: texts(dice, HEADERS) }),
    ...(dice.chance(0.2) && { queryParams: texts(dice, PARAMETERS) }),
    ...(dice.chance(0.1) && { port: dice.pick(80, 8080, 0) }),
    ...(dice.chance(0.15) && { sourceLabels: { app: dice.pick('caller', 'caller', 'other') } }),
    ...(dice.chance(0.1) && { sourceNamespace: dice.pick('default', 'default', 'team', '') }),
    ...(dice.chance(0.1) && { gateways: dice.pick<readonly string[]>(['mesh'], ['mesh', 'gw'], ['gw']) }),
  }
}

function pathMatch(dice: Dice): TextMatch {
  const path = `/${dice.several(2, () => dice.pick('a', 'b', 'A')).join(dice.pick('/', ''))}`
  return dice.pick<TextMatch>(
    { exact: path },
    { prefix: path },
    { prefix: path },
    { regex: `${path}.*` },
    { regex: '/[ab]+/?(a|b)?' },
    {
      regex: '(?i)/AB?',
    },
  )
}

function texts(dice: Dice, names: readonly string[]): TextMatches {
  const entries = dice.several(2, () => [dice.pick(names[0] ?? '', ...names.slice(1)), textMatch(dice)] as const)
  return Object.fromEntries(entries)
}

function textMatch(dice: Dice): TextMatch {
  const word = dice.pick('a', ...WORDS) || 'a'
  return dice.pick<TextMatch>({ exact: word }, { prefix: word }, { regex: '[ab]+' }, { regex: '(a|1).*' }, {})
}
