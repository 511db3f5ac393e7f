import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Derived } from './derived.ts'
import { Graph, type Input } from './graph.ts'

interface Pet {
  readonly owner: string
  readonly legs: number
}

interface Home {
  readonly pets: Input<Pet>
  readonly factors: Input<number>
  readonly legs: Derived<number>
  readonly scaled: Derived<number>
  readonly total: Derived<number>
  readonly known: Derived<readonly string[]>
}

/** Every way of reading: index buckets, single keys, lists, key sets, and a collection of a collection. */
function homeOf(graph: Graph): Home {
  const pets = graph.input<Pet>('pets')
  const factors = graph.input<number>('factors')
  const byOwner = pets.table.indexBy(({ owner }) => owner.split(','))
  const legs = graph.derive<number>({
    name: 'legs',
    inputs: [pets.table],
    keys: read => read.buckets(byOwner),
    compute: (owner, read) => read.lookup(byOwner, owner).reduce((sum, [, pet]) => sum + pet.legs, 0),
  })
  const scaled = graph.derive<number>({
    name: 'scaled',
    inputs: [legs.table, factors.table],
    keys: read => read.keys(legs.table),
    compute: (owner, read) => {
      const factor = read.get(factors.table, owner) ?? 1
      return factor === 0 ? undefined : (read.get(legs.table, owner) ?? 0) * factor
    },
  })
  const total = graph.derive<number>({
    name: 'total',
    inputs: [scaled.table],
    keys: () => ['all'],
    compute: (_, read) => read.list(scaled.table).reduce((sum, [, value]) => sum + value, 0),
  })
  const known = graph.derive<readonly string[]>({
    name: 'known',
    inputs: [pets.table, scaled.table],
    keys: () => ['pets', 'owners'],
    compute: (key, read) => (key === 'pets' ? read.keys(pets.table) : read.keys(scaled.table)),
  })
  return { pets, factors, legs, scaled, total, known }
}

const contentOf = (table: { list(): unknown }): unknown => table.list()

describe('Graph', () => {
  test('computes only what an edit touches', () => {
    const graph = new Graph()
    const home = homeOf(graph)
    home.pets.set('cat', { owner: 'ann', legs: 4 })
    home.pets.set('bird', { owner: 'bob', legs: 2 })
    graph.commit()
    const before = [home.legs, home.scaled, home.total].map(({ computations }) => computations)
    home.pets.set('bird', { owner: 'bob', legs: 3 })
    expect(graph.commit()).toEqual(
      new Map([
        ['pets', ['bird']],
        ['legs', ['bob']],
        ['scaled', ['bob']],
        ['total', ['all']],
      ]),
    )
    expect([home.legs, home.scaled, home.total].map(({ computations }, i) => computations - (before[i] ?? 0))).toEqual([1, 1, 1])
  })

  test('stops where a result is equal', () => {
    const graph = new Graph()
    const home = homeOf(graph)
    home.pets.set('cat', { owner: 'ann', legs: 4 })
    graph.commit()
    const before = home.total.computations
    home.pets.set('cat', { owner: 'ann', legs: 4 })
    expect(graph.commit()).toEqual(new Map())
    home.factors.set('nobody', 3)
    expect(graph.commit()).toEqual(new Map([['factors', ['nobody']]]))
    home.pets.set('dog', { owner: 'ann', legs: 0 })
    expect(graph.commit()).toEqual(
      new Map([
        ['pets', ['dog']],
        ['known', ['pets']],
      ]),
    )
    expect(home.total.computations).toBe(before)
  })

  test('equals a computation from nothing after any edits', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd')
    const edit = fc.oneof(
      fc.record({
        kind: fc.constant('pet' as const),
        key,
        owner: fc.constantFrom('x', 'y', 'z', 'x,y'),
        legs: fc.integer({ min: 0, max: 3 }),
      }),
      fc.record({ kind: fc.constant('no pet' as const), key }),
      fc.record({ kind: fc.constant('factor' as const), key: fc.constantFrom('x', 'y', 'z'), factor: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ kind: fc.constant('no factor' as const), key: fc.constantFrom('x', 'y', 'z') }),
      fc.record({ kind: fc.constant('commit' as const) }),
    )
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 60 }), edits => {
        const graph = new Graph({ compareEvery: 1 })
        const home = homeOf(graph)
        const pets = new Map<string, Pet>()
        const factors = new Map<string, number>()
        for (const one of [...edits, { kind: 'commit' as const }]) {
          if (one.kind === 'pet') {
            pets.set(one.key, { owner: one.owner, legs: one.legs })
            home.pets.set(one.key, { owner: one.owner, legs: one.legs })
          } else if (one.kind === 'no pet') {
            pets.delete(one.key)
            home.pets.delete(one.key)
          } else if (one.kind === 'factor') {
            factors.set(one.key, one.factor)
            home.factors.set(one.key, one.factor)
          } else if (one.kind === 'no factor') {
            factors.delete(one.key)
            home.factors.delete(one.key)
          } else graph.commit()
        }
        const fresh = new Graph()
        const expected = homeOf(fresh)
        for (const [name, pet] of pets) expected.pets.set(name, pet)
        for (const [name, factor] of factors) expected.factors.set(name, factor)
        fresh.commit()
        for (const name of ['legs', 'scaled', 'total', 'known'] as const) {
          expect(contentOf(home[name].table)).toEqual(contentOf(expected[name].table))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('refuses inputs that are not earlier collections of the graph', () => {
    const graph = new Graph()
    const other = new Graph().input<number>('other')
    expect(() => graph.derive({ name: 'd', inputs: [other.table], keys: () => [], compute: () => 1 })).toThrow("input 'other'")
    graph.input('twice')
    expect(() => graph.input('twice')).toThrow('another collection')
  })

  test('refuses reads that are not declared, a later collection or itself among them', () => {
    const graph = new Graph()
    const hidden = graph.input<number>('hidden')
    graph.derive({ name: 'd', inputs: [], keys: () => ['k'], compute: (_, read) => read.get(hidden.table, 'x') })
    expect(() => graph.commit()).toThrow("'d' reads 'hidden'")
  })

  test('comparison finds a function that is not pure', () => {
    const graph = new Graph({ compareEvery: 2 })
    let secret = 1
    graph.derive({ name: 'd', inputs: [], keys: () => ['k'], compute: () => secret })
    graph.commit()
    secret = 2
    expect(() => graph.commit()).toThrow("old value for 'k'")
  })

  test('a computation that throws runs again at the next commit', () => {
    const graph = new Graph()
    const input = graph.input<number>('input')
    let broken = true
    const derived = graph.derive<number>({
      name: 'd',
      inputs: [input.table],
      keys: read => read.keys(input.table),
      compute: (key, read) => {
        if (broken) throw new Error('broken')
        return (read.get(input.table, key) ?? 0) * 2
      },
    })
    input.set('a', 1)
    expect(() => graph.commit()).toThrow('broken')
    broken = false
    graph.commit()
    expect(derived.table.get('a')).toBe(2)
  })
})
