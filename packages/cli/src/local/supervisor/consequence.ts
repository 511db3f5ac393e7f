import type { ProcessRole } from '../plan/mesh-plan.ts'

/** What it means for traffic while a process is down, and why nobody has to act: it is started again. */
const CONSEQUENCES: Readonly<Record<ProcessRole, string>> = {
  pilot: 'traffic goes on with the last configuration; changes wait until it is back',
  citadel: 'traffic goes on with the certificates in use; renewals wait until it is back',
  mixer: 'requests are let through unchecked, reports wait until it is back',
  adapter: 'the rules that use it follow their fail policy until it is back',
  gateway: 'nothing enters the mesh through it until it is back',
  sidecar: 'its workload neither gets nor makes requests until it is back; other instances take over',
  app: 'its sidecar answers 503 for it until it is back; other instances take over',
}

export function consequenceOf(role: ProcessRole): string {
  return CONSEQUENCES[role]
}
