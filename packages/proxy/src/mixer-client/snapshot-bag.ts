import { type AttributeBag, isStringMap, LayeredBag, stringMap } from '@meshwork/core/attributes'

/** The same attributes, independent of the stream they were read from, which may end before an answer comes. */
export function snapshotBag(bag: AttributeBag): LayeredBag {
  const copy = new LayeredBag()
  for (const name of bag.names()) {
    const value = bag.get(name)
    if (value === undefined) continue
    copy.set(name, isStringMap(value) ? stringMap(new Map(value.entries())) : value)
  }
  return copy
}
