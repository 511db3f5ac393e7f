export { Random } from './random.ts'
export { randomWorld } from './random-world.ts'
export { reduce } from './reduce.ts'
export { validObject, type WrittenObject } from './valid-object.ts'
