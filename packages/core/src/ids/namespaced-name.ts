/** The identity of an object within its kind: `reviews.default` in messages, `default/reviews` in keys. */
export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

export function namespacedKey(id: NamespacedName): string {
  return `${id.namespace}/${id.name}`
}
