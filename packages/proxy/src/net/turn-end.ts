/** Something that has kept bytes back until the end of the current turn of the event loop. */
export interface TurnEndTask {
  onTurnEnd(): void
}

/**
 * Runs tasks when all sockets that were readable in this turn of the event loop have been read, so that what they caused
 * to be sent leaves in one write for each connection. A task adds itself at most once for each turn.
 */
class TurnEnd {
  private tasks: TurnEndTask[] = []
  private spare: TurnEndTask[] = []

  add(task: TurnEndTask): void {
    if (this.tasks.push(task) === 1) setImmediate(this.run)
  }

  private readonly run = (): void => {
    const { tasks } = this
    this.tasks = this.spare
    for (let i = 0; i < tasks.length; i++) tasks[i]?.onTurnEnd()
    tasks.length = 0
    this.spare = tasks
  }
}

export const turnEnd: TurnEnd = new TurnEnd()
