/** Something that has kept bytes back until the end of the current turn of the event loop. */
export interface TurnEndTask {
  onTurnEnd(): void
}

/**
 * Runs tasks when all sockets that were readable in this turn of the event loop have been read, so that what they caused
 * to be sent leaves in one write for each connection. A task adds itself at most once for each turn.
 */
export class TurnEnd {
  private tasks: TurnEndTask[] = []
  private spare: TurnEndTask[] = []

  add(task: TurnEndTask): void {
    if (this.tasks.push(task) === 1) setImmediate(this.run)
  }

  /** One task that throws costs the others nothing: they run in the next turn. */
  private readonly run = (): void => {
    const { tasks } = this
    this.tasks = this.spare
    let begun = 0
    try {
      while (begun < tasks.length) tasks[begun++]?.onTurnEnd()
    } finally {
      for (; begun < tasks.length; begun++) {
        const left = tasks[begun]
        if (left !== undefined) this.add(left)
      }
      tasks.length = 0
      this.spare = tasks
    }
  }
}

export const turnEnd: TurnEnd = new TurnEnd()
