import { expect, test } from 'vitest'
import { TurnEnd } from './turn-end.ts'

/** Resolves with what was done once the tasks have had three turns. */
async function done(plan: (turnEnd: TurnEnd, note: (what: string) => { onTurnEnd(): void }) => void): Promise<readonly string[]> {
  const seen: string[] = []
  plan(new TurnEnd(), what => ({ onTurnEnd: () => void seen.push(what) }))
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
  return seen
}

test('tasks run once, in order; one that is added by a task runs in the next turn', async () => {
  const seen = await done((turnEnd, note) => {
    turnEnd.add(note('a'))
    turnEnd.add({ onTurnEnd: () => turnEnd.add(note('later')) })
    turnEnd.add(note('b'))
  })
  expect(seen).toEqual(['a', 'b', 'later'])
})

test('a task that throws keeps no other from running', async () => {
  const errors: unknown[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', error => errors.push(error))
  const seen = await done((turnEnd, note) => {
    turnEnd.add({
      onTurnEnd: () => {
        throw new Error('planted')
      },
    })
    turnEnd.add(note('after'))
  })
  process.removeAllListeners('uncaughtException')
  for (const other of others) process.on('uncaughtException', other)
  expect(seen).toEqual(['after'])
  expect(errors).toMatchObject([{ message: 'planted' }])
})
