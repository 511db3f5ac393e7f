import { type AdminPage, textAnswer } from './admin-page.ts'

/** Envoy's answer where shared memory of hot restarts is: its version. There is none here. */
const NO_HOT_RESTART = 'disabled'

const MODIFY_USAGE = `usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN
       or send the parameters as form values
use an empty value to remove a previously added override
`

/**
 * Pages that tools of Envoy's ask for, and that have little to tell here: no hot restart, no mutexes, no look-ups of statistics by
 * name while requests run, no runtime layer that could be changed.
 */
export function envoyPages(): readonly AdminPage[] {
  return [
    plain('/hot_restart_version', 'print the version of hot restarts: there are none', `${NO_HOT_RESTART}\n`),
    plain('/contention', 'print contention of mutexes: there are none', 'Mutex contention tracing is not enabled: there is one thread.\n'),
    plain('/stats/recentlookups', 'print look-ups of statistics: none while requests run', '\ntotal: 0\n'),
    ...['enable', 'disable', 'clear'].map(change),
    { path: '/runtime_modify', help: 'refused: there is no admin layer', changes: true, answer: ({ query }) => modifyAnswer(query) },
  ]
}

function plain(path: string, help: string, text: string): AdminPage {
  return { path, help, changes: false, answer: () => textAnswer(text) }
}

function change(verb: string): AdminPage {
  return { path: `/stats/recentlookups/${verb}`, help: 'has no effect', changes: true, answer: () => textAnswer('OK\n') }
}

/** As Envoy where the bootstrap has no `admin_layer`, which is refused here. */
function modifyAnswer(query: URLSearchParams): ReturnType<typeof textAnswer> {
  return query.size === 0 ? textAnswer(MODIFY_USAGE, 400) : textAnswer('No admin layer specified\n', 503)
}
