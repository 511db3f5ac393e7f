import { violation, type Violation } from '@meshwork/core/result'

/** Places like `region/zone/subzone` or `region/*`, of which no two may overlap. */
export function validatePlaces(path: string, places: readonly string[]): readonly Violation[] {
  return places.flatMap((place, i): readonly Violation[] => {
    if (place.split('/').includes('')) return [violation(path, 'bad-locality', `'${place}' has an empty region, zone or subzone`)]
    if (place.slice(0, -1).includes('*')) return [violation(path, 'bad-locality', `'${place}' may have '*' only at its end`)]
    const twin = places.slice(0, i).find(other => overlap(place, other))
    return twin === undefined ? [] : [violation(path, 'overlap', `'${place}' overlaps with '${twin}'`)]
  })
}

/** A shorter place holds all that are below it. */
function overlap(a: string, b: string): boolean {
  const [first, second] = [partsOf(a), partsOf(b)]
  const common = Math.min(first.length, second.length)
  return first.slice(0, common).every((part, i) => part === second[i])
}

function partsOf(place: string): readonly string[] {
  const parts = place.split('/')
  return parts.at(-1) === '*' ? parts.slice(0, -1) : parts
}
