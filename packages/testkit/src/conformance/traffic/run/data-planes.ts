import type { DataPlane } from './data-plane.ts'
import { envoyDataPlane } from './envoy-data-plane.ts'
import { meshworkDataPlane } from './meshwork-data-plane.ts'

const ALL: readonly DataPlane[] = [meshworkDataPlane, envoyDataPlane]

/** The data planes meant by `meshwork`, `envoy` or `both`. */
export function dataPlanes(which: string): readonly DataPlane[] {
  return which === 'both' ? ALL : ALL.filter(plane => plane.name === which)
}
