import type { Dice } from './dice.ts'
import type { RequestDocument } from './mesh-document.ts'
import { HEADERS, PARAMETERS, WORDS } from './random-mesh.ts'

const HOSTS = ['a', 'b', 'a.default', 'b.default.svc', 'a.default.svc.cluster.local', 'a.team', 'A.Team.svc', '10.0.0.2'] as const
const STRANGE_HOSTS = [
  'shop.example.com',
  'x.wild.example.com',
  'wild.example.com',
  'other.example.com',
  'nobody',
  '10.9.9.9',
  'c.default',
] as const

export function randomRequest(dice: Dice): RequestDocument {
  const host = dice.chance(0.75) ? dice.pick(...HOSTS) : dice.pick(...STRANGE_HOSTS)
  const query = dice.several(2, () => `${word(dice, PARAMETERS)}${dice.chance(0.2) ? '' : `=${word(dice, WORDS)}`}`)
  const path = `/${dice.several(3, () => dice.pick('a', 'b', 'A', 'ab', '')).join(dice.pick('/', ''))}`
  return {
    port: dice.pick(80, 80, 8080),
    authority: host + dice.pick('', '', ':80', ':8080', ':1'),
    method: dice.pick('GET', 'PUT', 'POST'),
    path: path + (query.length === 0 ? '' : `?${query.join('&')}`),
    headers: Object.fromEntries(dice.several(3, () => [word(dice, HEADERS), word(dice, WORDS)] as const)),
  }
}

function word(dice: Dice, words: readonly string[]): string {
  return dice.pick(words[0] ?? '', ...words.slice(1))
}
