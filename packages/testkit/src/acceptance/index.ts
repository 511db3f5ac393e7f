export { AcceptanceRig, type AcceptanceOptions, type Refusal, type Verdict } from './acceptance-rig.ts'
export { Random } from './random.ts'
export { reduce } from './reduce.ts'
export { validObject, type WrittenObject } from './valid-object.ts'
