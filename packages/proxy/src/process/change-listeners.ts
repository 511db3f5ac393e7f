/** Something that tells of its changes. `onChange` returns the function that ends this. */
export interface Changing {
  onChange(changed: () => void): () => void
}

/** Who wants to hear of changes. */
export class ChangeListeners implements Changing {
  private readonly listeners = new Set<() => void>()

  onChange(changed: () => void): () => void {
    this.listeners.add(changed)
    return () => void this.listeners.delete(changed)
  }

  notify(): void {
    for (const listener of this.listeners) listener()
  }
}

/** Hears of changes of several. Returns the function that ends all of it. */
export function onChangeOfAny(changed: () => void, ...sources: readonly Changing[]): () => void {
  const stops = sources.map(source => source.onChange(changed))
  return () => {
    for (const stop of stops) stop()
  }
}
