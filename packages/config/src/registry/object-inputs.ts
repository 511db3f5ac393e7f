import type { ConfigObject, ObjectKey } from '../kinds/index.ts'
import type { ObjectInput } from './kind-input.ts'

/** Hands each object to the input of its kind; kinds without one are passed over. */
export class ObjectInputs {
  private readonly byKind: ReadonlyMap<string, ObjectInput>

  constructor(inputs: readonly ObjectInput[]) {
    this.byKind = new Map(inputs.map(input => [input.kind, input]))
  }

  set(object: ConfigObject): void {
    this.byKind.get(object.kind)?.set(object)
  }

  delete(key: ObjectKey): void {
    this.byKind.get(key.kind)?.delete(key)
  }
}
