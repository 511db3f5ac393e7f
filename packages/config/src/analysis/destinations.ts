import type { Destination, ObjectOf } from '../kinds/index.ts'

/** Every place where a VirtualService names a destination. */
export interface NamedDestination {
  readonly path: string
  readonly destination: Destination
}

export function destinationsOf({ spec }: ObjectOf<'VirtualService'>): readonly NamedDestination[] {
  const http = spec.http.flatMap((route, i) => [
    ...route.route.map(({ destination }, j) => ({ path: `spec.http[${i}].route[${j}].destination`, destination })),
    ...(route.mirror === undefined ? [] : [{ path: `spec.http[${i}].mirror`, destination: route.mirror }]),
    ...route.mirrors.map(({ destination }, j) => ({ path: `spec.http[${i}].mirrors[${j}].destination`, destination })),
  ])
  const l4 = (['tls', 'tcp'] as const).flatMap(block =>
    spec[block].flatMap((route, i) =>
      route.route.map(({ destination }, j) => ({ path: `spec.${block}[${i}].route[${j}].destination`, destination })),
    ),
  )
  return [...http, ...l4]
}
