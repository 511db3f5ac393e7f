export { AcceptanceRig, type AcceptanceOptions, type Refusal, type Verdict } from './acceptance-rig.ts'
