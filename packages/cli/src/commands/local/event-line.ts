import type { Style } from '../../output/style.ts'
import type { ProcessRole } from '../../local/plan/mesh-plan.ts'
import { consequenceOf } from '../../local/supervisor/consequence.ts'
import type { ProcessEvent } from '../../local/supervisor/supervised-process.ts'

/** One line for people about something that happened to a supervised process. */
export function eventLine(name: string, event: ProcessEvent, style: Style): string {
  switch (event.kind) {
    case 'ended':
      return `${style.warn('!')} ${name} ended (${event.how}): ${consequenceOf(roleOf(name))}; starting it again in ${event.againInMs} ms\n`
    case 'restarted':
      return `${style.good('+')} ${name} is back (restart ${event.restarts})\n`
  }
}

/** The part of a process name before the slash is its role. */
function roleOf(name: string): ProcessRole {
  const [role] = name.split('/')
  const roles: readonly ProcessRole[] = ['pilot', 'citadel', 'mixer', 'adapter', 'gateway', 'sidecar', 'app']
  return roles.find(each => each === role) ?? 'app'
}
