// Contract placeholder: the engine's owner completes this file (see DESIGN.md 4 and models.md 2.5).

/** A decoded HTTP filter: knows how to make its running form for one listener. `compile` is the engine's business. */
export interface FilterBlueprint {
  /** Name in the filter chain, for example `envoy.filters.http.router`. */
  readonly name: string
}
